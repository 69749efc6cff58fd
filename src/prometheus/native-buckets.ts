import type { Interval } from '../controller/histogram/interval.ts';
import { sameBound } from '../controller/histogram/interval.ts';
import type { NativeBucket } from './query-result.ts';

/**
 * One step of a native histogram; undefined where a count is none. For a latency what lies below zero is left out:
 * no request takes less than no time, it was a clock that was set back. The zero bucket reaches to both sides of
 * zero and is then taken for the lowest.
 */
export const nativeBuckets = (
  buckets: readonly NativeBucket[],
  aboveZero: boolean,
): readonly Interval[] | undefined => {
  const intervals: Interval[] = [];
  for (const { from, to, count } of buckets) {
    if (!Number.isFinite(count) || count < 0 || Number.isNaN(from) || Number.isNaN(to)) return undefined;
    if (aboveZero && to <= 0) continue;
    intervals.push({ from: aboveZero && from < 0 ? -Infinity : sameBound(from), to: sameBound(to), count });
  }
  return intervals;
};

/**
 * Whether the buckets are those that a formula gives, each 2^(1 / 2^schema) as wide as the one below. Others are
 * classic ones that Prometheus keeps as a native histogram (convert_classic_histograms_to_nhcb).
 */
export const isExponential = (buckets: readonly NativeBucket[]): boolean =>
  buckets.every(({ from, to }) => {
    if (from === -to) return Number.isFinite(to);
    const widths = 1 / Math.abs(Math.log2(to / from));
    // Schemas -4 to 8: 1/16 to 256 buckets from one power of two to the next.
    return widths >= 1 / 17 && Math.abs(Math.log2(widths) - Math.round(Math.log2(widths))) < 1e-6;
  });
