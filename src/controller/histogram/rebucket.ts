import type { Interval } from './interval.ts';
import { firstAtLeast } from './interval.ts';

/**
 * The counts between the given bounds (ascending, finite), one bucket more than there are bounds. What lies across a
 * bound is shared out as if it were spread evenly over the logarithm, as histogram_fraction of Prometheus does for
 * the buckets of native histograms; where an end is infinite or not above zero, all of it goes to the upper bucket.
 */
export const rebucket = (intervals: Iterable<Interval>, bounds: readonly number[]): number[] => {
  const counts = Array.from<number>({ length: bounds.length + 1 }).fill(0);
  for (const { from, to, count } of intervals) {
    const last = firstAtLeast(bounds, to);
    const first = firstAbove(bounds, from);
    if (first >= last || from <= 0 || !Number.isFinite(to)) {
      counts[last] = (counts[last] ?? 0) + count;
      continue;
    }
    const whole = Math.log(to / from);
    let before = 0;
    for (let index = first; index <= last; index++) {
      const until = index === last ? 1 : Math.log((bounds[index] ?? to) / from) / whole;
      counts[index] = (counts[index] ?? 0) + count * (until - before);
      before = until;
    }
  }
  return counts;
};

/** Number of the first bound above `value`: the bucket that begins there. */
const firstAbove = (bounds: readonly number[], value: number): number => {
  const at = firstAtLeast(bounds, value);
  return bounds[at] === value ? at + 1 : at;
};
