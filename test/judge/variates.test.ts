import { describe, expect, test } from 'vitest';

import { normalCdf } from './normal-distribution.ts';
import { logFactorial, Variates } from './variates.ts';

const DRAWS = 100_000;

const moments = (draw: () => number): { readonly mean: number; readonly variance: number } => {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < DRAWS; i += 1) {
    const value = draw();
    sum += value;
    squares += value * value;
  }
  const mean = sum / DRAWS;
  return { mean, variance: squares / DRAWS - mean * mean };
};

const random = new Variates('moments');
const DISTRIBUTIONS: readonly (readonly [string, () => number, mean: number, variance: number])[] = [
  ['normal', () => random.normal(), 0, 1],
  ['exponential', () => random.exponential(6), 6, 36],
  ['geometric', () => random.geometric(1 / 3), 3, 6],
  ['t of 8 degrees', () => random.studentT(8), 0, 8 / 6],
  ...[0.3, 1, 4.5].map(
    (shape) => [`gamma of shape ${shape}`, () => random.gamma(shape), shape, shape] as const,
  ),
  ...[0.02, 3, 9.9, 10.1, 60, 1_200].map(
    (mean) => [`Poisson of mean ${mean}`, () => random.poisson(mean), mean, mean] as const,
  ),
  ...(
    [
      [300, 0.01],
      [20, 0.3],
      [1_200, 0.02],
      [50, 0.5],
      [400, 0.9],
      [3, 0.97],
    ] as const
  ).map(
    ([n, p]) => [`binomial of ${n} at ${p}`, () => random.binomial(n, p), n * p, n * p * (1 - p)] as const,
  ),
];

test.each(DISTRIBUTIONS)('the first two moments of a %s', (_name, draw, mean, variance) => {
  const found = moments(draw);
  expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / DRAWS));
  // Its standard error grows with the kurtosis, which is highest for the Poisson of 0.02.
  expect(Math.abs(found.variance - variance)).toBeLessThan(5 * variance * Math.sqrt(60 / DRAWS));
});

/** Largest distance of the drawn counts' distribution from the true one, in units of its standard error at the worst. */
const worstGap = (draw: () => number, logChance: (k: number) => number, most: number): number => {
  const counts = new Float64Array(most + 1);
  for (let i = 0; i < DRAWS; i += 1) {
    const k = draw();
    counts[k] = (counts[k] ?? 0) + 1;
  }
  let gap = 0;
  let drawn = 0;
  let sum = 0;
  for (let k = 0; k <= most; k += 1) {
    drawn += (counts[k] ?? 0) / DRAWS;
    sum += Math.exp(logChance(k));
    gap = Math.max(gap, Math.abs(drawn - sum));
  }
  return gap * Math.sqrt(DRAWS);
};

describe('the whole distribution of a count, by rejection and by inversion', () => {
  // Kolmogorov's distance passes 2.5 once in 130,000 samples.
  test.each([4, 14, 80])('Poisson of mean %d', (mean) => {
    const logChance = (k: number): number => k * Math.log(mean) - mean - logFactorial(k);
    expect(worstGap(() => random.poisson(mean), logChance, 400)).toBeLessThan(2.5);
  });
  test.each([
    [30, 0.2],
    [60, 0.4],
    [500, 0.7],
  ])('binomial of %d at %d', (n, p) => {
    const logChance = (k: number): number =>
      logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log1p(-p);
    expect(worstGap(() => random.binomial(n, p), logChance, n)).toBeLessThan(2.5);
  });
});

test('a multinomial sums to its size, and each class has its share', () => {
  const chances = [0.1, 0.02, 0, 0.6, 0.28];
  const sums = [0, 0, 0, 0, 0];
  const counts = [0, 0, 0, 0, 0];
  for (let i = 0; i < 20_000; i += 1) {
    random.multinomial(50, chances, counts);
    expect(counts.reduce((sum, value) => sum + value, 0)).toBe(50);
    for (const [k, count] of counts.entries()) sums[k] = (sums[k] ?? 0) + count;
  }
  for (const [k, chance] of chances.entries()) {
    const error = 5 * Math.sqrt(chance * (1 - chance) * 1e6);
    expect(Math.abs((sums[k] ?? 0) - chance * 1e6)).toBeLessThanOrEqual(error);
  }
});

test('ln k! goes on where its table ends', () => {
  expect(logFactorial(10)).toBeCloseTo(Math.log(3_628_800), 12);
  expect(logFactorial(2_048) - logFactorial(2_047)).toBeCloseTo(Math.log(2_048), 9);
});

test.each([
  [0, 0.5],
  [1.96, 0.9750021048517795],
  [-1, 0.15865525393145707],
  [-3, 0.0013498980316300933],
  [-8, 6.220960574271785e-16],
])('the normal distribution at %d', (x, p) => {
  expect(Math.abs(normalCdf(x) / p - 1)).toBeLessThan(1e-8);
});
