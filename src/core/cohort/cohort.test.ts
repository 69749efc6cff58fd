import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cohortName } from './cohort-name.ts';
import { drawOrder } from './draw.ts';
import { waveSize } from './wave-size.ts';

describe('the name of a cohort', () => {
  it.each([
    { name: 'the variant', by: [], labels: {}, is: 'gpu' },
    { name: 'and a label', by: ['region'], labels: { region: 'eu' }, is: 'gpu.eu' },
    { name: 'with dots in its value', by: ['region'], labels: { region: 'eu.west' }, is: 'gpu.eu.west' },
    { name: 'that is absent', by: ['region'], labels: {}, is: 'gpu.none' },
    { name: 'two labels', by: ['region', 'line'], labels: { region: 'eu', line: '4' }, is: 'gpu.eu.4' },
  ])('$name: $is', ({ by, labels, is }) => {
    expect(cohortName('gpu', by, labels)).toBe(is);
  });

  const value = fc.stringMatching(/^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/);
  it('is a label value, and another one for other values', () => {
    fc.assert(
      fc.property(value, value, value, value, (a, b, c, d) => {
        fc.pre(a !== c || b !== d);
        const one = cohortName('gpu', ['x', 'y'], { x: a, y: b });
        const two = cohortName('gpu', ['x', 'y'], { x: c, y: d });
        expect(one).toMatch(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/);
        expect(one).not.toBe(two);
      }),
      {
        examples: [
          ['a.b', 'c', 'a', 'b.c'],
          ['', 'a', 'a', ''],
          ['a', '', 'a', 'a'],
        ],
      },
    );
  });
});

describe('the size of a wave', () => {
  it.each([
    // of, wanted, previous, holdback -> size before the last wave
    [1, 1, 0, 1, 0],
    [1, '50%', 0, 1, 0],
    [2, 1, 0, 1, 1],
    [2, '50%', 1, 1, 1],
    [2, 5, 0, 1, 1],
    [3, 1, 0, 1, 1],
    [3, '50%', 1, 1, 1],
    [4, '50%', 0, 1, 1],
    [5, '50%', 0, 1, 2],
    [5, '90%', 0, 1, 2],
    [10, '10%', 0, 1, 1],
    [10, '11%', 0, 1, 2],
    [10, '90%', 0, 1, 5],
    [10, 1, 5, 1, 5],
    [100, '10%', 3, 10, 10],
    [100, '90%', 0, 10, 50],
    [100, '90%', 0, 70, 30],
    [100, 3, 10, 10, 10],
    [0, 1, 0, 0, 0],
    // The cohort shrank below what runs it: nothing is added.
    [3, '50%', 8, 1, 3],
  ] as const)(
    'of %s nodes, %s wanted, %s before, %s held back: %s',
    (eligible, wanted, previous, holdback, size) => {
      expect(waveSize(wanted, eligible, previous, false, holdback)).toBe(size);
    },
  );

  it.each([1, 2, 3, 4, 5, 10, 100])('of the last wave is all %s', (eligible) => {
    expect(waveSize('100%', eligible, 0, true, 99)).toBe(eligible);
  });

  it('never shrinks while the cohort stands, and keeps half of it until the last wave', () => {
    const wanted = fc.oneof(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 100 }).map((each) => `${each}%`),
    );
    fc.assert(
      fc.property(wanted, fc.nat(200), fc.nat(200), fc.nat(200), (asked, eligible, previous, holdback) => {
        const size = waveSize(asked, eligible, previous, false, holdback);
        expect(size).toBeLessThanOrEqual(eligible);
        expect(size).toBeGreaterThanOrEqual(Math.min(previous, eligible));
        expect(size).toBeLessThanOrEqual(Math.max(1, eligible / 2, previous));
      }),
    );
  });
});

describe('the draw', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,12}$/), { maxLength: 30 });

  it('does not depend on the order in which nodes are listed', () => {
    fc.assert(
      fc.property(fc.string(), names, (seed, nodes) => {
        expect(drawOrder(seed, nodes.toReversed())).toEqual(drawOrder(seed, nodes));
        expect(drawOrder(seed, nodes).toSorted()).toEqual(nodes.toSorted());
      }),
    );
  });

  it('changes no other place when a node joins', () => {
    fc.assert(
      fc.property(fc.string(), names, (seed, nodes) => {
        const [joined, ...rest] = nodes;
        expect(drawOrder(seed, nodes).filter((node) => node !== joined)).toEqual(drawOrder(seed, rest));
      }),
    );
  });

  it('puts each node first about as often as any other', () => {
    const nodes = ['a', 'b', 'c', 'd', 'e'];
    const first = Map.groupBy(
      Array.from({ length: 5_000 }, (_, seed) => drawOrder(String(seed), nodes)[0] ?? ''),
      (node) => node,
    );
    // Binomial(5000, 1/5): six standard deviations are 170.
    for (const node of nodes) expect(Math.abs((first.get(node)?.length ?? 0) - 1_000)).toBeLessThan(170);
  });
});
