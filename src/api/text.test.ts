import { assert as check, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { celString, clip, mapOf } from './text.ts';

describe('clip', () => {
  test('leaves a short sentence alone and marks a cut', () => {
    expect(clip('ready')).toBe('ready');
    expect(clip('abcdef', 4)).toBe('abc…');
  });

  test('never gives more than a status takes', () => {
    check(
      property(string(), integer({ min: 1, max: 20 }), (sentence, max) => {
        expect(clip(sentence, max).length).toBeLessThanOrEqual(max);
      }),
    );
  });
});

describe('celString', () => {
  test('escapes what would end the literal or begin an escape', () => {
    expect(celString(String.raw`a'b\d`)).toBe(String.raw`'a\'b\\d'`);
  });
});

describe('mapOf', () => {
  const map = mapOf({ keys: { pattern: /^[a-z]+$/, max: 3, message: 'short words' }, values: 2, max: 2 });

  test.each([{}, { a: '' }, { abc: 'xy', d: 'z' }])('%o is one', (value) => {
    expect(map.safeParse(value).success).toBe(true);
  });

  test.each([{ A: '' }, { abcd: '' }, { a: 'xyz' }, { a: '', b: '', c: '' }])('%o is none', (value) => {
    expect(map.safeParse(value).success).toBe(false);
  });
});
