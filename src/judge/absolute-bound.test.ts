import { describe, expect, it } from 'vitest';
import { rateLimits } from './absolute-bound.ts';
import { countsOf } from './node-series.ts';

const window = { from: 0, to: 10_000, resolution: 1000 };
const steady = (bad: number, total: number): ReturnType<typeof countsOf> =>
  countsOf(
    Array.from({ length: 10 }, (_, i) => ({ at: (i + 1) * 1000, bad, total })),
    window,
  );
const levels = { lower: 0.05, upper: 0.05 };

describe('rateLimits', () => {
  it('gives the exact limits where failures are independent', () => {
    const { rate, lower, upper } = rateLimits([steady(1, 10)], levels);
    expect(rate).toBe(0.1);
    // 10 of 100, one-sided 95 %.
    expect(lower).toBeCloseTo(0.0552, 3);
    expect(upper).toBeCloseTo(0.1637, 3);
  });

  it('says little after few requests and nothing after none', () => {
    expect(rateLimits([steady(0, 1)], levels)).toMatchObject({ rate: 0, lower: 0 });
    expect(rateLimits([steady(0, 1)], levels).upper).toBeCloseTo(1 - 0.05 ** 0.1, 4);
    expect(rateLimits([], levels)).toEqual({ rate: 0, lower: 0, upper: 1 });
  });

  it('is wider where nodes differ, and where failures come in bursts', () => {
    const even = rateLimits([steady(10, 100), steady(10, 100), steady(10, 100)], levels);
    const uneven = rateLimits([steady(0, 100), steady(0, 100), steady(30, 100)], levels);
    const burst = countsOf(
      Array.from({ length: 10 }, (_, i) => ({ at: (i + 1) * 1000, bad: i === 4 ? 100 : 0, total: 100 })),
      window,
    );
    const bursting = rateLimits([burst, burst, burst], levels);
    expect([even.rate, uneven.rate, bursting.rate].map((rate) => rate.toFixed(3))).toEqual([
      '0.100',
      '0.100',
      '0.100',
    ]);
    expect(uneven.lower).toBeLessThan(0.03);
    expect(bursting.upper).toBeGreaterThan(even.upper + 0.03);
  });
});
