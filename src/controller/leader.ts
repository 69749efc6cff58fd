import { type Backoff, backoffDelay } from './backoff.ts';
import type { Clock } from './clock.ts';
import { microTime } from './micro-time.ts';
import type { LeasePort, LeaseRecord, StoredLease } from './ports/lease.ts';

export interface LeaderOptions {
  readonly lease: LeasePort;
  readonly clock: Clock;
  /** Unique for each process, for example pod name and a random part. */
  readonly identity: string;
  /** Numbers in [0, 1) for jitter. */
  readonly random: () => number;
  /** How long others wait for a silent leader; 15 s. */
  readonly leaseMs?: number;
  /** A leader that could not renew for so long stops; 10 s. The gap to leaseMs is the time it has to stop in. */
  readonly renewDeadlineMs?: number;
  /** Between renewals, and between looks at another's lease; 2 s. */
  readonly retryMs?: number;
  readonly onChange?: (change: LeaderChange) => void;
  /** The lease was renewed; `at` is the moment, by our own clock, before the write was sent. */
  readonly onRenew?: (at: number) => void;
}

export type LeaderChange =
  | { readonly type: 'acquired' }
  | { readonly type: 'lost'; readonly reason: string }
  | { readonly type: 'released' }
  | { readonly type: 'waiting'; readonly holder: string }
  | { readonly type: 'failed'; readonly error: unknown };

/** The reason with which a leader's signal is aborted when its lease is gone. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/**
 * Calls `lead` while this process holds the lease, again after each loss, until the signal is aborted; then it
 * waits for `lead` to end and gives the lease back, so that the next one need not wait. `lead` gets a signal that
 * is aborted when the lease is lost and has to return soon after.
 *
 * Another's lease counts as expired when it did not change for its duration by our own clock, so clocks that
 * disagree do no harm. Every write carries the resourceVersion that was read, so of two candidates the server
 * lets one through. For the moments in which a paused leader may still act, the design's invariants hold with
 * two operators at work.
 *
 * Errors: rejects with what `lead` throws while it holds the lease, after giving it back.
 */
export async function leadWhileElected(
  options: LeaderOptions,
  lead: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const election = new Election(options);
  while (!signal.aborted) {
    const lease = await election.acquire(signal);
    if (lease !== undefined) await election.hold(lease, lead, signal);
  }
}

interface Timing {
  readonly leaseMs: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

class Election {
  readonly #options: LeaderOptions;
  readonly #timing: Timing;
  readonly #retry: Backoff;
  /** The last state of the lease that was seen, and since when, by our own clock. */
  #seen: { readonly lease: StoredLease; readonly since: number } | undefined;

  constructor(options: LeaderOptions) {
    const { leaseMs = 15_000, renewDeadlineMs = 10_000, retryMs = 2_000 } = options;
    if (!(retryMs < renewDeadlineMs && renewDeadlineMs < leaseMs)) {
      throw new Error('leader election needs retry period < renew deadline < lease duration');
    }
    this.#options = options;
    this.#timing = { leaseMs, renewDeadlineMs, retryMs };
    this.#retry = { baseMs: retryMs, maxMs: retryMs, jitter: 0.2 };
  }

  /** Undefined when stopped before. */
  async acquire(signal: AbortSignal): Promise<Held | undefined> {
    while (!signal.aborted) {
      try {
        const held = await this.#tryAcquire(signal);
        if (held !== undefined) {
          this.#tell({ type: 'acquired' });
          return held;
        }
      } catch (error) {
        if (!signal.aborted) this.#tell({ type: 'failed', error });
      }
      await this.#pause(signal);
    }
    return undefined;
  }

  async hold(held: Held, lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const lost = new AbortController();
    const ended = new AbortController();
    const renewing = this.#renewUntil(held, AbortSignal.any([signal, ended.signal]), lost);
    try {
      await lead(AbortSignal.any([signal, lost.signal]));
    } catch (error) {
      if (!signal.aborted && !lost.signal.aborted) throw error;
    } finally {
      ended.abort();
      const last = await renewing;
      if (last !== undefined) await this.#release(last);
    }
  }

  async #tryAcquire(signal: AbortSignal): Promise<Held | undefined> {
    const { lease, clock } = this.#options;
    const found = await lease.read(signal);
    const now = clock.now();
    if (found === undefined) return this.#held(await lease.create(this.#record(now, 0), signal), now);
    if (this.#seen?.lease.resourceVersion !== found.resourceVersion) {
      const isOther = this.#seen?.lease.holder !== found.holder;
      this.#seen = { lease: found, since: now };
      if (isOther && found.holder !== '') this.#tell({ type: 'waiting', holder: found.holder });
    }
    const expired = now - this.#seen.since >= found.durationSeconds * 1000;
    // Our own name in it: this process held it a moment ago and lost track of an answer.
    if (found.holder !== '' && found.holder !== this.#options.identity && !expired) return undefined;
    const transitions = found.transitions + (found.holder === this.#options.identity ? 0 : 1);
    return this.#held(
      await lease.replace(this.#record(now, transitions), found.resourceVersion, signal),
      now,
    );
  }

  #held(lease: StoredLease | 'conflict', asOf: number): Held | undefined {
    return lease === 'conflict' ? undefined : { lease, asOf };
  }

  /** Renews until stopped, and gives the last lease held, or undefined and an abort of `lost` when it is gone. */
  async #renewUntil(first: Held, stop: AbortSignal, lost: AbortController): Promise<Held | undefined> {
    let held = first;
    while (!stop.aborted) {
      await this.#pause(stop);
      if (stop.aborted) break;
      const renewed = await this.#renew(held, stop);
      if (renewed === 'taken' || renewed === 'expired') {
        const reason =
          renewed === 'taken' ? 'another process took the lease' : 'the lease could not be renewed in time';
        this.#seen = undefined;
        this.#tell({ type: 'lost', reason });
        lost.abort(new LeaseLost(reason));
        return undefined;
      }
      held = renewed;
      if (!stop.aborted) this.#options.onRenew?.(held.asOf);
    }
    return held;
  }

  /** One renewal, tried until the deadline, which counts from the last one that is known to be in force. */
  async #renew(held: Held, stop: AbortSignal): Promise<Held | 'taken' | 'expired'> {
    const { clock, lease } = this.#options;
    const done = new AbortController();
    const deadline = this.#deadline(held.asOf + this.#timing.renewDeadlineMs, done.signal);
    const signal = AbortSignal.any([stop, deadline]);
    let version = held.lease.resourceVersion;
    try {
      while (!signal.aborted) {
        try {
          const asOf = clock.now();
          const record = { ...held.lease, renewTime: microTime(asOf) };
          const answer = await lease.replace(withoutVersion(record), version, signal);
          if (answer !== 'conflict') return { lease: answer, asOf };
          // Either taken over, or changed by a write of ours whose answer was lost, or touched by a person.
          const found = await lease.read(signal);
          if (found?.holder !== this.#options.identity) return 'taken';
          version = found.resourceVersion;
        } catch (error) {
          if (signal.aborted) break;
          this.#tell({ type: 'failed', error });
          await this.#pause(signal);
        }
      }
      return stop.aborted ? { ...held, lease: { ...held.lease, resourceVersion: version } } : 'expired';
    } finally {
      done.abort();
    }
  }

  async #release({ lease }: Held): Promise<void> {
    const { clock } = this.#options;
    const done = new AbortController();
    const deadline = this.#deadline(clock.now() + this.#timing.retryMs, done.signal);
    const time = microTime(clock.now());
    const record = {
      ...withoutVersion(lease),
      holder: '',
      durationSeconds: 1,
      renewTime: time,
      acquireTime: time,
    };
    try {
      const answer = await this.#options.lease.replace(record, lease.resourceVersion, deadline);
      if (answer !== 'conflict') this.#tell({ type: 'released' });
    } catch (error) {
      // It expires by itself; that only takes longer.
      this.#tell({ type: 'failed', error });
    } finally {
      done.abort();
    }
  }

  #record(now: number, transitions: number): LeaseRecord {
    const time = microTime(now);
    const durationSeconds = Math.ceil(this.#timing.leaseMs / 1000);
    return {
      holder: this.#options.identity,
      durationSeconds,
      acquireTime: time,
      renewTime: time,
      transitions,
    };
  }

  #deadline(at: number, done: AbortSignal): AbortSignal {
    const { clock } = this.#options;
    const controller = new AbortController();
    clock.sleep(Math.max(0, at - clock.now()), done).then(
      () => controller.abort(new Error('the lease was not answered for in time')),
      () => {},
    );
    return controller.signal;
  }

  /** Resolves early, and quietly, when stopped. */
  async #pause(signal: AbortSignal): Promise<void> {
    const ms = backoffDelay(this.#retry, 1, this.#options.random);
    await this.#options.clock.sleep(ms, signal).catch(() => {});
  }

  #tell(change: LeaderChange): void {
    this.#options.onChange?.(change);
  }
}

/** A lease in force, and the moment, by our own clock, before the write that renewed it was sent. */
interface Held {
  readonly lease: StoredLease;
  readonly asOf: number;
}

function withoutVersion({
  holder,
  durationSeconds,
  acquireTime,
  renewTime,
  transitions,
}: LeaseRecord): LeaseRecord {
  return { holder, durationSeconds, acquireTime, renewTime, transitions };
}
