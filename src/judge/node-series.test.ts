import { describe, expect, it } from 'vitest';
import type { MinuteSample } from './evidence.ts';
import { countsOf, samplesByKey } from './node-series.ts';

const window = { from: 1000, to: 5000, resolution: 1000 };
const read = (samples: readonly MinuteSample[]): Omit<ReturnType<typeof countsOf>, 'bad' | 'total'> => {
  const { bad: _bad, total: _total, ...rest } = countsOf(samples, window);
  return rest;
};

describe('countsOf', () => {
  it.each<
    [
      string,
      MinuteSample[],
      { present: number; newest: number | undefined; badSum: number; totalSum: number },
    ]
  >([
    ['nothing', [], { present: 0, newest: undefined, badSum: 0, totalSum: 0 }],
    ['a step', [{ at: 2000, bad: 1, total: 10 }], { present: 1, newest: 2000, badSum: 1, totalSum: 10 }],
    [
      'the window begins after its first instant',
      [{ at: 1000, bad: 1, total: 10 }],
      { present: 0, newest: undefined, badSum: 0, totalSum: 0 },
    ],
    [
      'the window ends with its last instant',
      [
        { at: 5000, bad: 1, total: 10 },
        { at: 6000, bad: 9, total: 9 },
      ],
      { present: 1, newest: 5000, badSum: 1, totalSum: 10 },
    ],
    [
      'NaN is a missing sample',
      [
        { at: 2000, bad: Number.NaN, total: 10 },
        { at: 3000, bad: 0, total: Number.NaN },
      ],
      { present: 0, newest: undefined, badSum: 0, totalSum: 0 },
    ],
    [
      'so is infinity',
      [{ at: 2000, bad: 1, total: Number.POSITIVE_INFINITY }],
      { present: 0, newest: undefined, badSum: 0, totalSum: 0 },
    ],
    [
      'so is less than nothing',
      [{ at: 2000, bad: -1, total: 10 }],
      { present: 0, newest: undefined, badSum: 0, totalSum: 0 },
    ],
    [
      'so is a part without the other',
      [
        { at: 2000, total: 10 },
        { at: 3000, bad: 3 },
      ],
      { present: 0, newest: undefined, badSum: 0, totalSum: 0 },
    ],
    [
      'a present zero is a sample',
      [{ at: 2000, bad: 0, total: 0 }],
      { present: 1, newest: 2000, badSum: 0, totalSum: 0 },
    ],
    [
      'a step that came twice counts once, the fuller',
      [
        { at: 2000, bad: 1, total: 10 },
        { at: 2000, bad: 2, total: 12 },
        { at: 2000, bad: 1, total: 11 },
      ],
      { present: 1, newest: 2000, badSum: 2, totalSum: 12 },
    ],
  ])('%s', (_, samples, expected) => {
    expect(read(samples)).toEqual(expected);
    expect(read(samples.toReversed())).toEqual(expected);
  });

  it('puts the parts of one key together', () => {
    const found = samplesByKey([
      { key: 'a', minutes: [{ at: 1 }] },
      { key: 'b', minutes: [] },
      { key: 'a', minutes: [{ at: 2 }] },
    ]);
    expect(found.get('a')).toEqual([{ at: 1 }, { at: 2 }]);
  });
});
