/**
 * What each node adds to a set's evidence. Sums over a set's nodes give its log e-value, so that thousands of sets
 * are scored by adding up.
 */
export interface Features {
  /** Numbers of each node. */
  readonly width: number;
  /** Node after node. */
  readonly values: Float64Array;
  /** Log e-value of a set, from its sums at `at` and the following `width` places. */
  readonly score: (sums: Float64Array, at: number) => number;
}

/** A mixture over alternatives: each node adds a log likelihood ratio to each of them. */
export const mixture = (values: Float64Array, weights: readonly number[]): Features => {
  const logs = Float64Array.from(weights, Math.log);
  return { width: logs.length, values, score: (sums, at) => logMixture(sums, at, logs) };
};

const logMixture = (sums: Float64Array, at: number, logs: Float64Array): number => {
  let highest = -Infinity;
  for (let i = 0; i < logs.length; i += 1) {
    const value = (sums[at + i] ?? 0) + (logs[i] ?? 0);
    if (value > highest) highest = value;
  }
  let sum = 0;
  for (let i = 0; i < logs.length; i += 1) sum += Math.exp((sums[at + i] ?? 0) + (logs[i] ?? 0) - highest);
  return highest + Math.log(sum);
};

/** Log of a sum of exponentials, without overflow; -Infinity for none. */
export const logSumExp = (values: readonly number[]): number => {
  const highest = Math.max(-Infinity, ...values);
  if (highest === -Infinity) return -Infinity;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - highest);
  return highest + Math.log(sum);
};
