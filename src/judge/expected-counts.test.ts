import { describe, expect, it } from 'vitest';
import { expectedCounts } from './expected-counts.ts';
import type { NodeSeries } from './node-series.ts';
import { countsOf } from './node-series.ts';

const window = { from: 0, to: 300_000, resolution: 60_000 };

const node = (bad: readonly number[], total: readonly number[]): NodeSeries =>
  countsOf(
    total.map((count, i) => ({ at: (i + 1) * 60_000, total: count, bad: bad[i] ?? 0 })),
    window,
  );

describe('expectedCounts', () => {
  const nodes = [
    node([2, 2, 4, 2, 2], [100, 100, 200, 100, 100]),
    node([3, 3, 3, 3, 3], [100, 100, 100, 100, 100]),
    node([1, 1, 1, 1, 1], [100, 100, 100, 100, 100]),
  ];

  it('shares the failures of each step by the requests in it', () => {
    const [first, second] = expectedCounts(nodes);
    expect(first?.observed).toBe(12);
    expect(first?.expected).toBeCloseTo(4 * 2 + 4);
    expect(second?.expected).toBeCloseTo(4 * 2 + 2);
  });

  it('does not depend on the order of the nodes, so not on who was drawn', () => {
    const turned = expectedCounts(nodes.toReversed());
    expect(turned.toReversed()).toEqual(expectedCounts(nodes));
  });

  it('takes a shock that strikes all nodes at once for what it is', () => {
    const shocked = nodes.map(({ bad, total }) =>
      node(
        [...bad].map((count, step) => (step === 1 ? 5 * count : count)),
        [...total],
      ),
    );
    const ratios = expectedCounts(nodes).map(({ observed, expected }) => observed / expected);
    for (const [i, { observed, expected }] of expectedCounts(shocked).entries()) {
      expect(Math.abs(observed / expected - (ratios[i] ?? 0))).toBeLessThan(0.12);
    }
  });

  it('curbs the outburst of one node', () => {
    const burst = node([1, 90, 1, 1, 1], [100, 100, 100, 100, 100]);
    const [, , , counts] = expectedCounts([...nodes, burst]);
    expect(counts?.observed).toBeLessThan(94);
    expect(counts?.observed).toBeGreaterThan(30);
  });

  it('knows nothing of steps in which nobody was asked', () => {
    expect(expectedCounts([node([0, 0], [0, 0]), node([0, 0], [0, 0])])).toEqual([
      { observed: 0, expected: 0 },
      { observed: 0, expected: 0 },
    ]);
  });
});
