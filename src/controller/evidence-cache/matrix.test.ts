import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Growing, Matrix } from './matrix.ts';

const cell = fc.tuple(fc.nat(40), fc.nat(60), fc.nat(1000));

it('a matrix holds what was written last, and is empty elsewhere, however it grew', () => {
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 40 }), fc.constantFrom(undefined, 10), (cells, columns) => {
      const matrix = new Matrix((length) => new Int16Array(length), -1, columns);
      const expected = new Map<string, number>();
      for (const [row, column, value] of cells) {
        matrix.set(row, column, value);
        expected.set(`${row} ${column}`, value);
      }
      const found = new Map<string, number>();
      for (let row = 0; row <= 42; row++) {
        for (let column = 0; column <= 62; column++) {
          const value = matrix.get(row, column);
          if (value !== -1) found.set(`${row} ${column}`, value);
        }
      }
      expect(sorted(found)).toEqual(sorted(expected));
    }),
    { numRuns: 50 },
  );
});

const sorted = (values: ReadonlyMap<string, number>): unknown =>
  [...values].toSorted(([a], [b]) => (a < b ? -1 : 1));

it('a growing list keeps what was written before', () => {
  const list = new Growing((length) => new Uint16Array(length));
  list.write([1, 2, 3], 0);
  list.write([7, 8], 200);
  expect([0, 1, 2, 3, 200, 201, 999].map((at) => list.get(at))).toEqual([1, 2, 3, 0, 7, 8, 0]);
});
