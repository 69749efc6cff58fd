import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Clock } from '../controller/clock.ts';

/** Longer timers overflow to an immediate one. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  turn: () => setImmediate(),
  async sleep(ms, signal) {
    try {
      for (let left = ms; ; left -= MAX_TIMER_MS) {
        await setTimeout(Math.min(Math.max(left, 0), MAX_TIMER_MS), undefined, { signal });
        if (left <= MAX_TIMER_MS) return;
      }
    } catch (error) {
      // Node rejects with an AbortError of its own; the port promises the signal's reason.
      throw signal?.aborted ? signal.reason : error;
    }
  },
};
