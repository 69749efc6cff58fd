import type { Variates } from './variates.ts';

/** Adds a stationary Ornstein-Uhlenbeck path (standard deviation, minutes) to `into[offset .. offset + length)`. */
export const addWander = (
  random: Variates,
  into: Float64Array,
  offset: number,
  length: number,
  deviation: number,
  tau: number,
): void => {
  if (deviation === 0) return;
  const keep = Math.exp(-1 / tau);
  const step = deviation * Math.sqrt(1 - keep * keep);
  let value = deviation * random.normal();
  for (let m = 0; m < length; m += 1) {
    if (m > 0) value = keep * value + step * random.normal();
    into[offset + m] = (into[offset + m] ?? 0) + value;
  }
};

/** The time constant of which so much is left after one minute. */
export const tauOf = (carry: number): number => -1 / Math.log(carry);
