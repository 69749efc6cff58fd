import { describe, expect, test } from 'vitest';

import { compareQuantity, parseQuantity, quantity, resourceQuantity } from './quantity.ts';

describe('quantities', () => {
  // From the table in the documentation of Kubernetes' resource.Quantity: binary, decimal and exponent suffixes.
  test.each([
    ['2Gi', 2 * 1024 ** 3],
    ['128974848', 128_974_848],
    ['129e6', 129_000_000],
    ['129M', 129_000_000],
    ['123Mi', 128_974_848],
    ['500m', 0.5],
    ['0.5Gi', 512 * 1024 ** 2],
    ['1e-3', 0.001],
    ['5.', 5],
    ['1E', 1e18],
    ['1E3', 1000],
    ['+1k', 1000],
    ['-1Ki', -1024],
    [4, 4],
  ])('%s', (text, value) => {
    expect(parseQuantity(text)).toBeCloseTo(value, 9);
  });

  test.each(['', 'Gi', '2GB', '2 Gi', 'plenty', '1e', '0x10', '1Ki2', Number.NaN])('"%s" is none', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  test('are compared by what they stand for', () => {
    expect(compareQuantity('1Gi', '1G')).toBeGreaterThan(0);
    expect(compareQuantity('1000m', 1)).toBe(0);
    expect(compareQuantity('900Mi', '1Gi')).toBeLessThan(0);
  });

  test.each(['1', '500m', '0.1', '.5Gi', '5.', '10Mi', '1048576Ki', '1E', '1e3'])(
    '%s may be asked for',
    (value) => {
      expect(quantity().safeParse(value).success).toBe(true);
      expect(resourceQuantity().safeParse(value).success).toBe(true);
    },
  );

  test.each(['0', '0Gi', '0.0', '-1', '', 'Gi', '.', '1.2.3', '2GB', '2 Gi', '1Kii', 1.5, 0, -1, null])(
    '%s may not be asked for',
    (value) => {
      expect(quantity().safeParse(value).success).toBe(false);
      expect(resourceQuantity().safeParse(value).success).toBe(false);
    },
  );

  test('of a resource may be a whole number', () => {
    expect(resourceQuantity().safeParse(1).success).toBe(true);
    expect(quantity().safeParse(1).success).toBe(false);
  });
});
