import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from './clock.ts';
import { VirtualClock } from '../sim/virtual-clock.ts';
import { type LeaderChange, leadWhileElected } from './leader.ts';
import type { LeasePort, LeaseRecord, StoredLease } from './ports/lease.ts';

/** A lease in memory with the server's rule for writes, and a link to it that can be cut for each candidate. */
class FakeLease {
  stored: StoredLease | undefined;
  writes = 0;
  readonly cut = new Set<string>();
  /** The write happens and its answer is lost. */
  readonly deaf = new Set<string>();

  port(identity: string): LeasePort {
    return {
      read: (signal) => this.#link(identity, signal, () => this.stored),
      create: (record, signal) =>
        this.#link(identity, signal, () => (this.stored ? 'conflict' : this.write(record))),
      replace: (record, version, signal) =>
        this.#link(identity, signal, () =>
          this.stored?.resourceVersion === version ? this.write(record) : 'conflict',
        ),
    };
  }

  write(record: LeaseRecord): StoredLease {
    this.writes += 1;
    this.stored = { ...record, resourceVersion: String(this.writes) };
    return this.stored;
  }

  async #link<T>(identity: string, signal: AbortSignal, answer: () => T): Promise<T> {
    signal.throwIfAborted();
    // A dead link hangs rather than fails.
    if (this.cut.has(identity)) {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }
    const result = answer();
    if (this.deaf.has(identity)) throw new Error('reset');
    return result;
  }
}

const stops: AbortController[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

function candidate(lease: FakeLease, clock: Clock, identity: string) {
  const stop = new AbortController();
  stops.push(stop);
  const changes: LeaderChange[] = [];
  const state = { leading: false, terms: 0, reason: undefined as unknown };
  const lead = async (signal: AbortSignal): Promise<void> => {
    state.leading = true;
    state.terms += 1;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    state.leading = false;
    state.reason = signal.reason;
  };
  const onChange = (change: LeaderChange): void => void changes.push(change);
  const options = { lease: lease.port(identity), clock, identity, random: () => 0, onChange };
  return { state, changes, stop, done: leadWhileElected(options, lead, stop.signal) };
}

/** The same time, told wrongly by a constant and running on. */
function skewed(clock: VirtualClock, byMs: number): Clock {
  return {
    now: () => clock.now() + byMs,
    sleep: (ms, signal) => clock.sleep(ms, signal),
    turn: () => clock.turn(),
  };
}

describe('leadWhileElected', () => {
  it('leads at once where there is no lease, and renews every two seconds', async () => {
    const clock = new VirtualClock();
    const lease = new FakeLease();
    const a = candidate(lease, clock, 'a');
    await clock.advance(20_000);
    expect(a.state.leading).toBe(true);
    expect(lease.stored).toMatchObject({ holder: 'a', durationSeconds: 15, transitions: 0 });
    expect(lease.stored?.renewTime).toBe('2026-01-01T00:00:20.000000Z');
    expect(lease.stored?.acquireTime).toBe('2026-01-01T00:00:00.000000Z');
    expect(lease.writes).toBe(11);
  });

  it('lets only one lead, and the next within a look of the release', async () => {
    const clock = new VirtualClock();
    const lease = new FakeLease();
    const a = candidate(lease, clock, 'a');
    await clock.advance(100);
    const b = candidate(lease, clock, 'b');
    await clock.advance(600_000);
    expect([a.state.leading, b.state.leading]).toEqual([true, false]);
    expect(b.changes).toContainEqual({ type: 'waiting', holder: 'a' });
    a.stop.abort();
    await a.done;
    expect(lease.stored?.holder).toBe('');
    await clock.advance(2_000);
    expect(b.state.leading).toBe(true);
    expect(lease.stored?.transitions).toBe(1);
  });

  it.each([-86_400_000, 0, 86_400_000])(
    'takes over from a silent leader after its duration, whatever a clock says (skew %i ms)',
    async (skew) => {
      const clock = new VirtualClock();
      const lease = new FakeLease();
      const a = candidate(lease, clock, 'a');
      const b = candidate(lease, skewed(clock, skew), 'b');
      await clock.advance(60_000);
      expect([a.state.leading, b.state.leading]).toEqual([true, false]);
      lease.cut.add('a');
      const cutAt = clock.now();
      await clock.runUntil(() => b.state.leading);
      expect(clock.now() - cutAt).toBeGreaterThan(12_000);
      // Its duration, and a look before and after it.
      expect(clock.now() - cutAt).toBeLessThanOrEqual(19_000);
    },
  );

  it('stops leading well before another may start, though its link hangs', async () => {
    const clock = new VirtualClock();
    const lease = new FakeLease();
    const a = candidate(lease, clock, 'a');
    const b = candidate(lease, clock, 'b');
    await clock.advance(30_000);
    lease.cut.add('a');
    await clock.runUntil(() => !a.state.leading);
    const stoppedAt = clock.now();
    expect(a.state.reason).toMatchObject({ name: 'LeaseLost' });
    expect(b.state.leading).toBe(false);
    await clock.runUntil(() => b.state.leading);
    expect(clock.now() - stoppedAt).toBeGreaterThanOrEqual(3_000);
    lease.cut.clear();
    await clock.advance(60_000);
    expect([a.state.leading, b.state.leading]).toEqual([false, true]);
  });

  it('stops at once when another took the lease, and stands for election again', async () => {
    const clock = new VirtualClock();
    const lease = new FakeLease();
    const a = candidate(lease, clock, 'a');
    await clock.advance(1_000);
    const { stored } = lease;
    if (stored === undefined) throw new Error('no lease was made');
    lease.write({ ...stored, holder: 'thief' });
    await clock.advance(2_000);
    expect(a.state.leading).toBe(false);
    expect(a.changes).toContainEqual({ type: 'lost', reason: 'another process took the lease' });
    await clock.advance(20_000);
    expect(a.state).toMatchObject({ leading: true, terms: 2 });
  });

  it('goes on leading when only the answers of its writes are lost for a while', async () => {
    const clock = new VirtualClock();
    const lease = new FakeLease();
    const a = candidate(lease, clock, 'a');
    await clock.advance(10_000);
    lease.deaf.add('a');
    await clock.advance(6_000);
    lease.deaf.clear();
    await clock.advance(30_000);
    expect(a.state).toMatchObject({ leading: true, terms: 1 });
  });

  it('goes on leading when somebody else touches the lease without taking it', async () => {
    const clock = new VirtualClock();
    const lease = new FakeLease();
    const a = candidate(lease, clock, 'a');
    await clock.advance(10_000);
    if (lease.stored) lease.write(lease.stored);
    await clock.advance(30_000);
    expect(a.state).toMatchObject({ leading: true, terms: 1 });
  });

  it('hands on what lead throws, after giving the lease back', async () => {
    const clock = new VirtualClock();
    const lease = new FakeLease();
    const options = { lease: lease.port('a'), clock, identity: 'a', random: () => 0 };
    const run = leadWhileElected(
      options,
      () => Promise.reject(new Error('broken')),
      new AbortController().signal,
    );
    await expect(run).rejects.toThrow('broken');
    expect(lease.stored?.holder).toBe('');
  });

  it('stops while it waits for another, without a write', async () => {
    const clock = new VirtualClock();
    const lease = new FakeLease();
    candidate(lease, clock, 'a');
    await clock.advance(0);
    const b = candidate(lease, clock, 'b');
    await clock.advance(5_000);
    const { writes } = lease;
    b.stop.abort();
    await b.done;
    expect(lease.writes).toBe(writes);
  });

  it('refuses periods that cannot work', async () => {
    const options = {
      lease: new FakeLease().port('a'),
      clock: new VirtualClock(),
      identity: 'a',
      random: () => 0,
    };
    const run = leadWhileElected(
      { ...options, retryMs: 20_000 },
      async () => {},
      new AbortController().signal,
    );
    await expect(run).rejects.toThrow(/retry period < renew deadline < lease duration/);
  });
});
