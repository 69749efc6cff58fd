/**
 * PromQL's histogram_quantile of bucket counts (each bucket's own, the last without an upper bound): linear within a
 * bucket, the highest bound where it falls into the last, NaN of nothing.
 */
export const histogramQuantile = (
  q: number,
  counts: ArrayLike<number>,
  bounds: readonly number[],
): number => {
  let total = 0;
  for (let b = 0; b < counts.length; b += 1) total += counts[b] ?? 0;
  if (total === 0) return Number.NaN;
  const rank = q * total;
  let below = 0;
  for (let b = 0; b < bounds.length; b += 1) {
    const count = counts[b] ?? 0;
    if (below + count >= rank) {
      const from = b > 0 ? (bounds[b - 1] ?? 0) : 0;
      return from + (((bounds[b] ?? 0) - from) * (rank - below)) / Math.max(count, 1);
    }
    below += count;
  }
  return bounds.at(-1) ?? Number.NaN;
};
