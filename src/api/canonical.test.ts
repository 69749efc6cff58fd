import { assert as check, jsonValue, property, string, array } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { canonicalJson, hash, shortHash } from './canonical.ts';

describe('canonical JSON', () => {
  test('has sorted keys at every depth and nothing that is undefined', () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined }], a: null })).toBe('{"a":null,"b":[{"d":1}]}');
  });

  test('keeps the order of lists', () => {
    expect(canonicalJson([2, 1])).not.toBe(canonicalJson([1, 2]));
  });

  test('is JSON of the same value, whatever the order of its keys', () => {
    check(
      property(jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });
});

describe('the hash of a value', () => {
  test('is fixed: a revision keeps its name over every upgrade', () => {
    // echo -n '{"a":1}' | sha256sum | xxd -r -p | base32, in lower case.
    expect(hash({ a: 1 })).toBe('afnl2724yv');
  });

  test('takes no notice of the order of keys and of what is undefined', () => {
    expect(hash({ a: 1, b: undefined, c: 2 })).toBe(hash({ c: 2, a: 1 }));
  });

  test('can stand in a DNS label', () => {
    check(
      property(jsonValue(), (value) => {
        expect(hash(value)).toMatch(/^[a-z2-7]{10}$/);
      }),
    );
  });

  test('of parts tells where one ends and the next begins', () => {
    expect(shortHash(['ab', 'c'], 16)).not.toBe(shortHash(['a', 'bc'], 16));
    expect(shortHash(['a'], 16)).toHaveLength(16);
    check(
      property(array(string()), array(string()), (a, b) => {
        expect(shortHash(a, 20) === shortHash(b, 20)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, reversed(item)]),
  );
}
