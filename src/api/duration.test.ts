import { constantFrom, integer, property, assert as check } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { formatDuration, milliseconds, parseDuration } from './duration.ts';

describe('durations', () => {
  test.each([
    ['0s', 0],
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['1h30m', 5_400_000],
    ['24h', 86_400_000],
    ['1h1m1s', 3_661_000],
    ['2h5s', 7_205_000],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '5', 'm', '1d', '1.5h', '30m1h', '1h 30m', '-1s', '1H', '100000s', ' 1s', '1s\n'])(
    '"%s" is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
      expect(() => milliseconds(text)).toThrow('must be a duration of hours, minutes and seconds');
    },
  );

  test('what is formatted reads back as the same number of seconds', () => {
    check(
      property(integer({ min: 0, max: 359_999_999 }), (seconds) => {
        expect(parseDuration(formatDuration(seconds * 1000))).toBe(seconds * 1000);
      }),
    );
  });

  test('a fraction of a second is rounded, and one below zero keeps its sign', () => {
    expect(formatDuration(1499)).toBe('1s');
    expect(formatDuration(400)).toBe('0s');
    expect(formatDuration(-90_000)).toBe('-1m30s');
  });

  test('units of every size are taken together', () => {
    check(
      property(constantFrom('h', 'm', 's'), integer({ min: 0, max: 99_999 }), (unit, count) => {
        const factor = { h: 3_600_000, m: 60_000, s: 1000 }[unit];
        expect(parseDuration(`${count}${unit}`)).toBe(count * factor);
      }),
    );
  });
});
