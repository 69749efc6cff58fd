/** Exponential backoff with jitter. All times in milliseconds. */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
  /** The share of the delay that is random, 0 to 1: clients that failed together must not return together. */
  readonly jitter: number;
}

/**
 * The delay before the next try after `failures` failures in a row (1 for the first). It grows as
 * base * 2^(failures - 1) up to the cap; the random part is taken off, so the cap holds.
 * `random` gives numbers in [0, 1).
 */
export function backoffDelay(backoff: Backoff, failures: number, random: () => number): number {
  // 2^30 is past any cap that makes sense, and keeps the product finite however long a failure lasts.
  const exponent = Math.min(Math.max(failures - 1, 0), 30);
  const full = Math.min(backoff.baseMs * 2 ** exponent, backoff.maxMs);
  return Math.round(full * (1 - backoff.jitter * random()));
}
