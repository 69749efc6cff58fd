import { expect, test } from 'vitest';
import { compare } from './comparison.ts';

test('compares run by run, so that a machine that slows down changes the medians and not the ratio', () => {
  expect(
    compare([
      [100, 50],
      [400, 200],
      [1_000, 500],
    ]),
  ).toEqual({ sources: 400, bundle: 200, ratio: 0.5 });
});

test('takes the mean of the middle two of an even number', () => {
  expect(
    compare([
      [10, 10],
      [20, 40],
    ]),
  ).toEqual({ sources: 15, bundle: 25, ratio: 1.5 });
});
