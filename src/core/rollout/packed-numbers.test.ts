import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64Length, packNumbers, unpackNumbers } from './packed-numbers.ts';

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('packed numbers', () => {
  it('come back to seven digits, wherever in a value they are', () => {
    fc.assert(
      fc.property(fc.array(fc.float(), { maxLength: 40 }), fc.string(), (numbers, text) => {
        // JSON knows no negative zero.
        const some = numbers.map((each) => each + 0);
        const value = { deep: [{ some, text, none: null }], first: some[0] ?? 0, few: [1, 2], word: ['a'] };
        expect(unpackNumbers(throughJson(packNumbers(value)))).toEqual(value);
      }),
    );
  });

  it('take at most 5.4 characters each', () => {
    const numbers = Array.from({ length: 5120 }, (_, index) => Math.sin(index));
    expect(JSON.stringify(packNumbers(numbers)).length).toBeLessThan(5.4 * numbers.length);
  });

  it('are refused where some of them are gone', () => {
    const packed = packNumbers(Array.from({ length: 16 }, (_, index) => index)) as { f32: string; n: number };
    expect(() => unpackNumbers({ ...packed, f32: packed.f32.slice(0, 24) })).toThrow(RangeError);
    expect(() => unpackNumbers({ ...packed, f32: `${packed.f32.slice(0, -1)}*` })).toThrow(RangeError);
    expect(() => unpackNumbers({ ...packed, n: 15 })).toThrow(RangeError);
  });

  it('know their length', () => {
    expect(base64Length('AAAA')).toBe(3);
    expect(base64Length('AAA*')).toBeUndefined();
  });
});
