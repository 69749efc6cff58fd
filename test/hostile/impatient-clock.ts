import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/controller/clock.ts';

/**
 * A clock for tests over real sockets, in which no second ever passes: backoffs end at once and are written
 * down, deadlines never come unless a test says so.
 */
export class ImpatientClock implements Clock {
  /** Every backoff that was asked for, in milliseconds. */
  readonly waits: number[] = [];
  readonly #deadlines = new Set<{ readonly ms: number; readonly expire: () => void }>();
  readonly #deadlineMs: number;
  #now = Date.UTC(2026, 0, 1);

  /** Sleeps of `deadlineMs` and more are deadlines. */
  constructor(deadlineMs = 30_000) {
    this.#deadlineMs = deadlineMs;
  }

  now(): number {
    return this.#now;
  }

  pass(ms: number): void {
    this.#now += ms;
  }

  /** Deadlines that are running. */
  get deadlines(): number {
    return this.#deadlines.size;
  }

  /** Lets every running deadline come. */
  expire(): void {
    for (const { ms, expire } of this.#deadlines) {
      this.#now += ms;
      expire();
    }
    this.#deadlines.clear();
  }

  turn(): Promise<void> {
    return setImmediate();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (ms < this.#deadlineMs) {
      this.waits.push(ms);
      this.#now += ms;
      // A turn of the event loop, so that a hot loop shows as a failed test and not as a hanging one.
      await setImmediate();
      signal?.throwIfAborted();
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const deadline = { ms, expire: resolve };
      this.#deadlines.add(deadline);
      signal?.addEventListener('abort', () => {
        this.#deadlines.delete(deadline);
        reject(signal.reason);
      });
    });
  }
}
