import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Clock } from '../controller/clock.ts';

interface Sleeper {
  readonly due: number;
  /** Sleepers of the same instant wake in the order in which they went to sleep. */
  readonly order: number;
  readonly wake: () => void;
  cancelled: boolean;
}

/**
 * Virtual time as a deterministic event loop: time stands still while anything can run, and jumps to the
 * next sleeper when nothing can. Nothing in the simulation does real I/O, so one turn of the event loop
 * drains every promise that is ready, and two runs with the same seeds are the same run.
 */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  #running = false;
  readonly #heap: Sleeper[] = [];

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        sleeper.cancelled = true;
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        due: this.#now + Math.max(0, ms),
        order: this.#order++,
        cancelled: false,
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      push(this.#heap, sleeper);
    });
  }

  /** No time passes while anything can run, and nobody waits for the event loop. */
  turn(): Promise<void> {
    return Promise.resolve();
  }

  /** Lets `ms` milliseconds of virtual time pass. */
  async advance(ms: number): Promise<void> {
    await this.runUntil(this.#now + ms);
  }

  /**
   * Runs until the time (milliseconds since the Unix epoch) is reached or the predicate holds; it is asked
   * after each instant. A predicate that does not come true within `limitMs` of virtual time (a day), or
   * with nobody left to wake, is an error.
   */
  async runUntil(goal: number | (() => boolean), limitMs = 86_400_000): Promise<void> {
    await this.#exclusively(async () => {
      const end = typeof goal === 'number' ? goal : this.#now + limitMs;
      const reached = typeof goal === 'number' ? (): boolean => false : goal;
      await setImmediate();
      while (!reached()) {
        const due = this.#nextDue();
        if (due === undefined || due > end) {
          if (typeof goal === 'number') {
            this.#now = Math.max(this.#now, end);
            return;
          }
          throw new Error(
            due === undefined
              ? 'the awaited state can never come: nothing in the simulation is waiting for time to pass'
              : `the awaited state did not come within ${String(limitMs / 1000)} s of virtual time`,
          );
        }
        await this.#step(due);
      }
    });
  }

  /** Lets virtual time pass `speed` times as fast as real time, until the signal is aborted. */
  async runRealtime(speed: number, signal: AbortSignal): Promise<void> {
    await this.#exclusively(async () => {
      const start = { real: performance.now(), virtual: this.#now };
      const virtual = (): number => start.virtual + (performance.now() - start.real) * speed;
      while (!signal.aborted) {
        await setImmediate();
        const due = this.#nextDue();
        const target = virtual();
        if (due !== undefined && due <= target) {
          await this.#step(due);
        } else {
          this.#now = Math.max(this.#now, Math.floor(target));
          const wait = due === undefined ? 50 : Math.min(50, (due - target) / speed);
          await setTimeout(Math.max(1, wait));
        }
      }
    });
  }

  /** Wakes everybody who is due at `time` in order, then lets them run as far as they can. */
  async #step(time: number): Promise<void> {
    this.#now = Math.max(this.#now, time);
    for (let due = this.#nextDue(); due !== undefined && due <= time; due = this.#nextDue()) {
      pop(this.#heap)?.wake();
    }
    await setImmediate();
  }

  #nextDue(): number | undefined {
    while (this.#heap[0]?.cancelled === true) pop(this.#heap);
    return this.#heap[0]?.due;
  }

  async #exclusively(run: () => Promise<void>): Promise<void> {
    if (this.#running) throw new Error('the virtual clock is already being run by somebody else');
    this.#running = true;
    try {
      await run();
    } finally {
      this.#running = false;
    }
  }
}

function before(a: Sleeper, b: Sleeper): boolean {
  return a.due === b.due ? a.order < b.order : a.due < b.due;
}

/** A binary heap, soonest first. */
function push(heap: Sleeper[], sleeper: Sleeper): void {
  let index = heap.push(sleeper) - 1;
  while (index > 0) {
    const up = (index - 1) >> 1;
    const parent = heap[up];
    if (parent === undefined || !before(sleeper, parent)) break;
    heap[index] = parent;
    index = up;
  }
  heap[index] = sleeper;
}

function pop(heap: Sleeper[]): Sleeper | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let down = 2 * index + 1;
    let child = heap[down];
    if (child === undefined) break;
    const right = heap[down + 1];
    if (right !== undefined && before(right, child)) {
      child = right;
      down += 1;
    }
    if (!before(child, last)) break;
    heap[index] = child;
    index = down;
  }
  heap[index] = last;
  return first;
}
