import type { NodeSeries } from './node-series.ts';

/** Observed and expected bad requests of one node in the window, outbursts curbed. */
export interface NodeCounts {
  readonly observed: number;
  /** What it would be had the node the rate of its cohort, step by step. */
  readonly expected: number;
}

/**
 * Counts of the nodes of one cohort, of both arms alike, so that they don't depend on who was drawn.
 * A step's rate is that of all nodes in it: what strikes the whole site at once strikes O and E.
 * An outburst counts as far as 2.5 e + 3 sqrt(e) + 1 of the step's expectation e (research on the
 * reference simulation: one node that fails for some minutes must not outweigh a bad version).
 */
export const expectedCounts = (nodes: readonly NodeSeries[]): readonly NodeCounts[] => {
  const steps = nodes[0]?.total.length ?? 0;
  const allBad = nodes.reduce((sum, node) => sum + node.badSum, 0);
  const allTotal = nodes.reduce((sum, node) => sum + node.totalSum, 0);
  const rate = allTotal > 0 ? allBad / allTotal : 0;
  const observed = new Float64Array(nodes.length);
  const expected = new Float64Array(nodes.length);
  const curbed = new Float64Array(nodes.length);
  for (let step = 0; step < steps; step += 1) {
    const stepTotal = sumAt(nodes, 'total', step);
    if (stepTotal === 0) continue;
    const usual = Math.max(sumAt(nodes, 'bad', step) / stepTotal, rate / 4);
    let stepCurbed = 0;
    for (const [i, node] of nodes.entries()) {
      curbed[i] = curb(at(node.bad, step), usual * at(node.total, step));
      stepCurbed += curbed[i] ?? 0;
    }
    for (const [i, node] of nodes.entries()) {
      observed[i] = (observed[i] ?? 0) + (curbed[i] ?? 0);
      expected[i] = (expected[i] ?? 0) + (at(node.total, step) * stepCurbed) / stepTotal;
    }
  }
  return nodes.map((_, i) => ({ observed: observed[i] ?? 0, expected: expected[i] ?? 0 }));
};

const curb = (bad: number, usual: number): number => Math.min(bad, 2.5 * usual + 3 * Math.sqrt(usual) + 1);

/** A missing step has nothing in it. */
const at = (counts: Float64Array, step: number): number => {
  const count = counts[step];
  return count === undefined || Number.isNaN(count) ? 0 : count;
};

const sumAt = (nodes: readonly NodeSeries[], part: 'bad' | 'total', step: number): number => {
  let sum = 0;
  for (const node of nodes) sum += at(node[part], step);
  return sum;
};
