import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Stratum } from './assignments.ts';
import { referenceSet } from './assignments.ts';
import type { NodeCounts } from './node-counts.ts';
import { normal } from './fixtures/normal.ts';
import { harmTest } from './harm-test.ts';
import { randomStream } from './random.ts';

/** How many assignments would fail, were each the real one in turn. */
const fails = (
  counts: readonly (readonly NodeCounts[])[],
  strata: readonly Stratum[],
  alphas: readonly number[],
): readonly number[] => {
  const first = strata.map(({ chosen }) => Array.from({ length: chosen }, (_, i) => i));
  const { rows, width, members } = referenceSet(strata, first, 'x');
  const found = alphas.map(() => 0);
  for (let row = 0; row < rows; row += 1) {
    const numbers = Array.from(members.subarray(row * width, (row + 1) * width));
    let offset = 0;
    const real = strata.map(({ size, chosen }) => {
      const own = numbers.splice(0, chosen).map((number) => number - offset);
      offset += size;
      return own;
    });
    const scored = counts.map((cohort, c) => ({ counts: cohort, chosen: strata[c]?.chosen ?? 0 }));
    const p = harmTest(scored, strata, referenceSet(strata, real, 'x'));
    for (const [a, alpha] of alphas.entries()) if (p <= alpha) found[a] = (found[a] ?? 0) + 1;
  }
  return found;
};

const ALPHAS = [0.01, 0.05, 0.1];

const adversarial = (seed: string, size: number): readonly NodeCounts[] => {
  const random = randomStream(seed);
  return Array.from({ length: size }, () => {
    const expected = Math.exp(2 * normal(random));
    // Heavy tails, silent nodes and equal nodes.
    const kind = random();
    const factor = kind < 0.2 ? 0 : kind < 0.4 ? 20 : Math.exp(normal(random));
    return { observed: Math.round(expected * factor), expected };
  });
};

describe('harmTest', () => {
  it.each(Array.from({ length: 6 }, (_, i) => `fleet ${i}`))(
    'is exact: 12 nodes, 3 candidates, each of the 220 draws as the real one (%s)',
    (seed) => {
      const found = fails([adversarial(seed, 12)], [{ size: 12, chosen: 3 }], ALPHAS);
      for (const [a, alpha] of ALPHAS.entries())
        expect(found[a]).toBeLessThanOrEqual(Math.floor(220 * alpha));
    },
  );

  it('is exact over cohorts that walk together', () => {
    const strata = [
      { size: 6, chosen: 2 },
      { size: 5, chosen: 2 },
    ];
    const found = fails([adversarial('a', 6), adversarial('b', 5)], strata, ALPHAS);
    for (const [a, alpha] of ALPHAS.entries()) expect(found[a]).toBeLessThanOrEqual(Math.floor(150 * alpha));
  });

  it('is exact whatever the counts', () => {
    const count = fc.record({
      observed: fc.nat(300),
      expected: fc.double({ min: 0, max: 300, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(count, { minLength: 7, maxLength: 7 }), (counts) => {
        const [found = 0] = fails([counts], [{ size: 7, chosen: 2 }], [0.1]);
        expect(found).toBeLessThanOrEqual(2);
      }),
      { numRuns: 60 },
    );
  });

  it('finds the draw that holds the failing nodes, and counts ties against it', () => {
    const strata = [{ size: 12, chosen: 3 }];
    const sick = { observed: 80, expected: 20 };
    const well = { observed: 5, expected: 20 };
    const counts = Array.from({ length: 12 }, (_, i) => (i < 3 ? sick : well));
    const reference = referenceSet(strata, [[0, 1, 2]], 'x');
    expect(harmTest([{ counts, chosen: 3 }], strata, reference)).toBeCloseTo(1 / 220, 12);
    const same = counts.map(() => well);
    expect(harmTest([{ counts: same, chosen: 3 }], strata, reference)).toBe(1);
    const oneElsewhere = counts.map((node, i) => (i === 5 ? sick : node));
    expect(harmTest([{ counts: oneElsewhere, chosen: 3 }], strata, reference)).toBeCloseTo(4 / 220, 12);
  });

  it('holds its numbers together for hundreds of candidates', () => {
    const strata = [{ size: 512, chosen: 256 }];
    const counts = Array.from({ length: 512 }, (_, i) => ({
      observed: i < 256 ? 4000 : 100,
      expected: 2050,
    }));
    const real = [Array.from({ length: 256 }, (_, i) => i)];
    expect(harmTest([{ counts, chosen: 256 }], strata, referenceSet(strata, real, 'x'))).toBe(1 / 2000);
  });

  it('orders draws with the same sick nodes of one cohort by the others', () => {
    const strata = [
      { size: 12, chosen: 3 },
      { size: 12, chosen: 3 },
    ];
    const sick = Array.from({ length: 12 }, (_, i) => ({ observed: i < 3 ? 400 : 5, expected: 40 }));
    const rising = Array.from({ length: 12 }, (_, i) => ({ observed: 40 - 2 * i, expected: 29 }));
    const reference = referenceSet(
      strata,
      [
        [0, 1, 2],
        [0, 1, 2],
      ],
      'x',
    );
    const p = harmTest(
      [
        { counts: sick, chosen: 3 },
        { counts: rising, chosen: 3 },
      ],
      strata,
      reference,
    );
    expect(p).toBeLessThan(0.2 / 220);
  });
});
