import { type Backoff, backoffDelay } from './backoff.ts';
import type { Clock } from './clock.ts';

/** What one pass over a key says: done, or look again after this time. A thrown error means backoff. */
export interface QueueResult {
  readonly requeueAfterMs?: number;
}

/** An error that a repetition cannot mend; the key rests until something adds it again. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

export interface QueueFailure {
  readonly key: string;
  readonly error: unknown;
  /** In a row, this one included. */
  readonly failures: number;
  /** Undefined where it is not tried again. */
  readonly retryInMs: number | undefined;
}

export interface QueueOptions {
  readonly clock: Clock;
  /** How many keys are worked on at once. */
  readonly concurrency: number;
  readonly work: (key: string) => Promise<QueueResult>;
  /** Numbers in [0, 1) for the jitter of backoffs. */
  readonly random: () => number;
  readonly backoff?: Backoff;
  readonly onFailure?: (failure: QueueFailure) => void;
}

const BACKOFF: Backoff = { baseMs: 200, maxMs: 120_000, jitter: 0.3 };

/**
 * A queue of keys, each of which is worked on by one worker at most. However often a key is added while it waits
 * it is worked on once; added while it is worked on, it is worked on again. Keys are taken in the order in which
 * they came, and one that comes back goes to the end, so none can starve the others.
 *
 * A pass replaces what earlier passes scheduled, as each one says anew when to look again. A key whose pass failed
 * waits out its backoff even where it was added meanwhile: a pass causes events by its own writes, and these must
 * not defeat the backoff. A key added during the backoff is tried at once: news from outside may have mended it.
 */
export class WorkQueue {
  readonly #options: QueueOptions;
  readonly #backoff: Backoff;
  /** In insertion order, which is the order of work. */
  readonly #waiting = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #delayed = new Map<string, { readonly due: number; readonly timer: AbortController }>();
  #stopped = false;
  #onChange: () => void = () => {};

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? BACKOFF;
  }

  /** Keys that wait now, not those with a delay. */
  get length(): number {
    return this.#waiting.size;
  }

  /** Keys that are worked on. */
  get active(): number {
    return this.#processing.size;
  }

  add(key: string): void {
    if (this.#stopped) return;
    this.#cancelDelay(key);
    this.#waiting.add(key);
    this.#onChange();
  }

  /** Adds the key after `ms`; an earlier date that is already set stays. */
  addAfter(key: string, ms: number): void {
    if (this.#stopped) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const due = this.#options.clock.now() + ms;
    const known = this.#delayed.get(key);
    if (known !== undefined && known.due <= due) return;
    this.#cancelDelay(key);
    const timer = new AbortController();
    this.#delayed.set(key, { due, timer });
    this.#options.clock.sleep(ms, timer.signal).then(
      () => this.add(key),
      () => {},
    );
  }

  /** Forgets the key and its failures, for one whose object is gone; a pass under way is not disturbed. */
  forget(key: string): void {
    this.#cancelDelay(key);
    this.#waiting.delete(key);
    this.#failures.delete(key);
  }

  /** Works until the signal is aborted, then resolves when the passes under way have ended; none is begun. */
  async run(signal: AbortSignal): Promise<void> {
    const passes = new Set<Promise<void>>();
    const stop = (): void => this.#onChange();
    signal.addEventListener('abort', stop);
    while (!signal.aborted) {
      // Renewed before looking, so that nothing that happens after the look is missed.
      const change = Promise.withResolvers<void>();
      this.#onChange = change.resolve;
      for (const key of this.#takeReady()) {
        const pass = this.#pass(key).finally(() => {
          passes.delete(pass);
          this.#onChange();
        });
        passes.add(pass);
      }
      await change.promise;
    }
    signal.removeEventListener('abort', stop);
    this.#stop();
    await Promise.all(passes);
  }

  #takeReady(): readonly string[] {
    const taken: string[] = [];
    for (const key of this.#waiting) {
      if (this.#processing.size >= this.#options.concurrency) break;
      if (this.#processing.has(key)) continue;
      this.#waiting.delete(key);
      this.#processing.add(key);
      taken.push(key);
    }
    return taken;
  }

  async #pass(key: string): Promise<void> {
    this.#cancelDelay(key);
    try {
      const { requeueAfterMs } = await this.#options.work(key);
      this.#failures.delete(key);
      if (requeueAfterMs !== undefined && !this.#waiting.has(key)) this.addAfter(key, requeueAfterMs);
    } catch (error) {
      this.#failed(key, error);
    } finally {
      this.#processing.delete(key);
    }
  }

  #failed(key: string, error: unknown): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    const retryInMs = error instanceof TerminalError ? undefined : this.#retryDelay(error, failures);
    if (retryInMs === undefined) {
      this.#failures.delete(key);
    } else {
      this.#failures.set(key, failures);
      this.#waiting.delete(key);
      this.#cancelDelay(key);
      this.addAfter(key, retryInMs);
    }
    this.#options.onFailure?.({ key, error, failures, retryInMs });
  }

  /** A server that says when to come back knows better than our backoff. */
  #retryDelay(error: unknown, failures: number): number {
    const asked = error instanceof Error && 'retryAfterMs' in error ? error.retryAfterMs : undefined;
    const delay = backoffDelay(this.#backoff, failures, this.#options.random);
    return typeof asked === 'number' ? Math.max(delay, asked) : delay;
  }

  #cancelDelay(key: string): void {
    this.#delayed.get(key)?.timer.abort();
    this.#delayed.delete(key);
  }

  #stop(): void {
    this.#stopped = true;
    for (const key of this.#delayed.keys()) this.#cancelDelay(key);
    this.#waiting.clear();
  }
}
