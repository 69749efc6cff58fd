import { assert as check, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { formatPercent, fractionOf, parseFraction, resolveCount } from './fraction.ts';

describe('fractions', () => {
  test.each([
    ['1%', 0.01],
    ['0.2%', 0.002],
    ['150%', 1.5],
    ['0.002', 0.002],
    ['1', 1],
    ['-0.5', -0.5],
  ])('%s', (text, value) => {
    expect(parseFraction(text)).toBeCloseTo(value, 12);
  });

  test.each(['', '%', '1 %', '.5', '1e-3', 'a few', '-1%'])('"%s" is none', (text) => {
    expect(parseFraction(text)).toBeUndefined();
    expect(() => fractionOf(text)).toThrow('must be a percent or a decimal in quotes');
  });

  test('a share is shown as a percent', () => {
    expect([0.0125, 0.1, 1, 0.07, 0].map(formatPercent)).toEqual(['1.25%', '10%', '100%', '7%', '0%']);
  });
});

describe('a count or a percent of nodes', () => {
  test.each([
    [3, 50, 3],
    [3, 2, 2],
    ['10%', 50, 5],
    ['10%', 51, 6],
    ['1%', 3, 1],
    ['100%', 7, 7],
    ['50%', 0, 0],
    // In doubles 0.07 * 100 is a little more than 7, and 0.29 * 100 a little less than 29.
    ['7%', 100, 7],
    ['29%', 100, 29],
  ])('%s of %i is %i', (value, total, count) => {
    expect(resolveCount(value, total)).toBe(count);
  });

  test('a percent is the exact share rounded up', () => {
    check(
      property(integer({ min: 1, max: 100 }), integer({ min: 0, max: 100_000 }), (percent, total) => {
        const exact = Number((BigInt(percent) * BigInt(total) + 99n) / 100n);
        expect(resolveCount(`${percent}%`, total)).toBe(exact);
      }),
    );
  });
});
