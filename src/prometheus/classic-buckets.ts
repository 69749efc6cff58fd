import type { Interval } from '../controller/histogram/interval.ts';
import { sameBound } from '../controller/histogram/interval.ts';

/** Share of a step's observations by which a bucket may fall short of the one below it. */
const TOLERATED_DROP = 0.1;

/**
 * What one step's cumulative counts by `le` say of each bucket; undefined where they say nothing.
 *
 * - Without the bucket of +Inf, or with a count that is none, the step is missing.
 * - A count below that of a lower bound comes of a scrape in the midst of an observation, of rounding, or of counters
 *   that began anew with some buckets above where they had been: the largest count so far is taken, as Prometheus
 *   does for quantiles. Where that changes much, histograms of other bounds were added up, and the step is missing.
 */
export const classicBuckets = (cumulative: ReadonlyMap<number, number>): readonly Interval[] | undefined => {
  const total = cumulative.get(Infinity);
  if (total === undefined || [...cumulative.values()].some((count) => !Number.isFinite(count) || count < 0)) {
    return undefined;
  }
  const intervals: Interval[] = [];
  let from = -Infinity;
  let below = 0;
  let dropped = 0;
  for (const [bound, count] of [...cumulative].toSorted(([a], [b]) => a - b)) {
    dropped = Math.max(dropped, below - count);
    const to = sameBound(bound);
    intervals.push({ from, to, count: Math.max(0, count - below) });
    below = Math.max(below, count);
    from = to;
  }
  return dropped > 1 && dropped > TOLERATED_DROP * below ? undefined : intervals;
};
