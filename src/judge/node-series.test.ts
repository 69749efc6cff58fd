import { expect, it } from 'vitest';
import { samplesByKey, stepOf } from './node-series.ts';

it('puts the parts of one key together', () => {
  const found = samplesByKey([
    { key: 'a', minutes: [{ at: 1 }] },
    { key: 'b', minutes: [] },
    { key: 'a', minutes: [{ at: 2 }] },
  ]);
  expect(found.get('a')).toEqual([{ at: 1 }, { at: 2 }]);
});

it.each([
  [1000, -1],
  [1001, 0],
  [2000, 0],
  [2001, 1],
  [5000, 3],
])('a sample at %d belongs to step %d', (at, step) => {
  expect(stepOf(at, { from: 1000, to: 5000, resolution: 1000 })).toBe(step);
});
