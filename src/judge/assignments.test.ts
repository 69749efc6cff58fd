import { describe, expect, it } from 'vitest';
import type { Assignments } from './assignments.ts';
import { choose, countAssignments, referenceSet } from './assignments.ts';

const rowsOf = ({ rows, width, members }: Assignments): readonly (readonly number[])[] =>
  Array.from({ length: rows }, (_, row) => Array.from(members.subarray(row * width, (row + 1) * width)));

describe('assignments', () => {
  it('counts', () => {
    expect([choose(12, 3), choose(20, 17), choose(5, 0), choose(3, 4)]).toEqual([220, 1140, 1, 0]);
    expect(
      countAssignments([
        { size: 10, chosen: 2 },
        { size: 12, chosen: 3 },
      ]),
    ).toBe(45 * 220);
  });

  it('enumerates every draw once, the real one first', () => {
    const strata = [
      { size: 6, chosen: 2 },
      { size: 5, chosen: 1 },
    ];
    const reference = referenceSet(strata, [[1, 4], [3]], 'seed');
    const rows = rowsOf(reference);
    expect(reference).toMatchObject({ rows: 75, width: 3, exhaustive: true });
    expect(rows[0]).toEqual([1, 4, 9]);
    expect(new Set(rows.map((row) => row.join())).size).toBe(75);
    expect(rows.every(([a = -1, b = -1, c = -1]) => a < b && b < 6 && c >= 6 && c < 11)).toBe(true);
  });

  it('draws more where alpha is small', () => {
    const strata = [{ size: 512, chosen: 256 }];
    const real = [Array.from({ length: 256 }, (_, i) => i)];
    expect(referenceSet(strata, real, 's', { alpha: 0.005 }).rows).toBe(2000);
    expect(referenceSet(strata, real, 's', { alpha: 0.0001 }).rows).toBe(40_001);
  });

  it('draws each stratum by itself where there are too many, the same for the same seed', () => {
    const strata = [
      { size: 20, chosen: 3 },
      { size: 20, chosen: 3 },
    ];
    const real = [
      [0, 1, 2],
      [0, 1, 2],
    ];
    const reference = referenceSet(strata, real, 'a');
    const rows = rowsOf(reference);
    expect(reference).toMatchObject({ rows: 20_000, exhaustive: false });
    expect(rows[0]).toEqual([0, 1, 2, 20, 21, 22]);
    expect(rows.every((row) => new Set(row).size === 6 && row.filter((node) => node < 20).length === 3)).toBe(
      true,
    );
    expect(referenceSet(strata, real, 'a').members).toEqual(reference.members);
    expect(referenceSet(strata, real, 'b').members).not.toEqual(reference.members);
    // Each node is in 3 of 20 draws: 3000 of 20,000, six standard deviations are 300.
    for (let node = 0; node < 40; node += 1) {
      const share = rows.filter((row) => row.includes(node)).length;
      expect(Math.abs(share - 3000)).toBeLessThan(300);
    }
  });
});
