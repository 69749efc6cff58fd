/** Median, and the median distance from it, scaled so that it is the standard deviation of normal values. */
export const robustScale = (
  values: readonly number[],
): { readonly middle: number; readonly deviation: number } => {
  const middle = median(values);
  return { middle, deviation: 1.4826 * median(values.map((value) => Math.abs(value - middle))) };
};

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? 0;
  return Number.isInteger(half) ? (upper + (sorted[half - 1] ?? upper)) / 2 : upper;
};
