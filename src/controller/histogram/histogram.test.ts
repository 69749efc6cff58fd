import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonBounds } from './common-bounds.ts';
import type { Interval, KeyIntervals } from './interval.ts';
import { addedUp } from './interval.ts';
import { rebucket } from './rebucket.ts';
import { thinned } from './thinned.ts';

const of = (...ends: readonly (readonly [number, number, number])[]): readonly Interval[] =>
  ends.map(([from, to, count]) => ({ from, to, count }));

const pooled = (pods: readonly KeyIntervals[], form: 'classic' | 'native' = 'classic') => ({
  classic: form === 'classic' ? addedUp(pods.map(({ intervals }) => intervals)) : [],
  native: form === 'native' ? addedUp(pods.map(({ intervals }) => intervals)) : [],
  declared: { classic: [], native: [] },
  byKey: () => pods,
});

describe('rebucket', () => {
  it.each([
    ['a bucket between two bounds', of([0.1, 0.2, 3]), [0.1, 0.2], [0, 3, 0]],
    ['one that ends at a bound', of([-Infinity, 0.1, 3]), [0.1, 0.2], [3, 0, 0]],
    ['one above all', of([0.2, Infinity, 3]), [0.1, 0.2], [0, 0, 3]],
    ['several in one', of([0, 0.05, 1], [0.05, 0.1, 2]), [0.1], [3, 0]],
    ['one across a bound, by its logarithm', of([1, 4, 8]), [2, 4], [4, 4, 0]],
    ['one across two bounds', of([1, 8, 9]), [2, 4], [3, 3, 3]],
    ['one of unknown width, to its upper end', of([-Infinity, 0.5, 3]), [0.1, 1], [0, 3, 0]],
    ['the zero bucket', of([-0.1, 0.1, 3]), [0, 1], [0, 3, 0]],
    ['no bounds', of([1, 2, 3]), [], [3]],
  ])('%s', (_, intervals, bounds, counts) => {
    expect(rebucket(intervals, bounds)).toEqual(counts.map((count) => expect.closeTo(count, 9) as number));
  });

  it('loses no count', () => {
    const bound = fc.double({ min: 0.001, max: 100, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(bound, bound, fc.nat(100)), { maxLength: 8 }),
        fc.uniqueArray(bound, { maxLength: 8 }),
        (intervals, bounds) => {
          const given = intervals.map(([a, b, count]) => ({
            from: Math.min(a, b),
            to: Math.max(a, b),
            count,
          }));
          const total = rebucket(
            given,
            bounds.toSorted((a, b) => a - b),
          ).reduce((a, b) => a + b, 0);
          expect(total).toBeCloseTo(
            given.reduce((sum, { count }) => sum + count, 0),
            6,
          );
        },
      ),
    );
  });
});

describe('commonBounds', () => {
  it('keeps a bound that nobody counts across, also where not all have it', () => {
    const pods = [
      { key: 'a', intervals: of([0, 1, 5], [1, 2, 5]) },
      // Nothing between 1 and 4, so that 2 tells its counts apart as well.
      { key: 'b', intervals: of([0, 1, 5], [4, 8, 5]) },
    ];
    expect(commonBounds(pooled(pods))).toEqual({ bounds: [0, 1, 2, 4, 8], form: 'Classic' });
  });

  it('comes down to the coarsest schema', () => {
    const pods = [
      { key: 'a', intervals: of([1, 1.4, 5], [1.4, 2, 5], [2, 2.8, 1]) },
      { key: 'b', intervals: of([1, 2, 5], [2, 4, 5]) },
    ];
    expect(commonBounds(pooled(pods, 'native'))).toEqual({ bounds: [1, 2, 4], form: 'Native' });
  });

  it('says who differs where too little is left: the few that disagree with the most', () => {
    const usual = of([0, 1, 10], [1, 2, 10], [2, 4, 10], [4, Infinity, 1]);
    const pods = [
      ...['a', 'b', 'c'].map((key) => ({ key, intervals: usual })),
      { key: 'odd', intervals: of([0, 100, 30]) },
    ];
    const { bounds, differ } = commonBounds(pooled(pods));
    expect(bounds).toEqual([0]);
    expect(differ).toMatch(/^the histograms of odd have other bounds than the rest, .* put 100 % of/u);
  });

  it('says nothing where the bounds were poor from the start', () => {
    const pods = [
      { key: 'a', intervals: of([0, 10, 99], [10, 20, 1]) },
      { key: 'b', intervals: of([0, 10, 99], [10, Infinity, 1]) },
    ];
    expect(commonBounds(pooled(pods)).differ).toBeUndefined();
  });

  it('has none of what is empty', () => {
    expect(commonBounds(pooled([]))).toEqual({ bounds: [], form: 'Native' });
  });
});

it('thinned leaves out the bounds beside the emptiest buckets', () => {
  expect(thinned([1, 2, 3, 4], [10, 10, 1, 1, 10], 3)).toEqual([1, 2, 4]);
  expect(thinned([1, 2, 3, 4], [10, 10, 1, 1, 10], 4)).toEqual([1, 2, 3, 4]);
  expect(thinned([1, 2], [1, 1, 1], 0)).toEqual([]);
});
