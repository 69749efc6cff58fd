import { type Backoff, backoffDelay } from './backoff.ts';

/** Somebody has to raise a quota or mend a policy: minutes are soon enough, and nobody is hammered. */
const REFUSAL: Backoff = { baseMs: 10_000, maxMs: 300_000, jitter: 0 };

/** Ms until what was refused `count` times in a row is tried again. No jitter: the same state gives the same plan. */
export function retryDelay(count: number): number {
  return backoffDelay(REFUSAL, count, () => 0);
}
