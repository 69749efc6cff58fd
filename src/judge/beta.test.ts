import { describe, expect, it } from 'vitest';
import { betaCdf, betaQuantile, lnGamma, normalQuantile, studentQuantile } from './beta.ts';

describe('beta', () => {
  it.each([
    ['lnGamma(10) = ln 9!', lnGamma(10), Math.log(362_880)],
    ['lnGamma(1/2) = ln sqrt(pi)', lnGamma(0.5), Math.log(Math.sqrt(Math.PI))],
    ['I_0.5(2, 3) = 11/16', betaCdf(0.5, 2, 3), 0.6875],
    ['I_x(1, b) = 1 - (1 - x)^b', betaCdf(0.01, 1, 500), 1 - 0.99 ** 500],
    ['I_x(a, 1) = x^a', betaCdf(0.9, 40, 1), 0.9 ** 40],
    ['the t table, 95 %, 10 degrees', studentQuantile(0.95, 10), 1.812461],
    ['the t table, 97.5 %, 1 degree', studentQuantile(0.975, 1), 12.706205],
    ['the lower tail', studentQuantile(0.025, 4), -2.776445],
    ['the normal table', normalQuantile(0.975), 1.959964],
    ['Clopper and Pearson, 1 of 10, lower', betaQuantile(0.025, 1, 10), 0.002529],
    ['Clopper and Pearson, 1 of 10, upper', betaQuantile(0.975, 2, 9), 0.445016],
  ])('%s', (_, computed, published) => {
    expect(Math.abs(computed - published)).toBeLessThan(5e-6 * Math.max(1, Math.abs(published)));
  });

  it('inverts itself for large counts', () => {
    expect(betaCdf(betaQuantile(0.001, 250, 99_751), 250, 99_751)).toBeCloseTo(0.001, 6);
  });
});
