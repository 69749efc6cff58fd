import { betaQuantile } from './beta.ts';
import type { NodeSeries } from './node-series.ts';

/** Limits of the candidates' rate, each by itself at its own level. */
export interface RateLimits {
  readonly rate: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Clopper and Pearson's limits of a rate, from counts that are made smaller by how much more the
 * nodes, and the steps of a node, differ than independent requests would (the design effect):
 * failures come in bursts, and ten thousand requests of one node are not ten thousand witnesses.
 */
export const rateLimits = (
  nodes: readonly NodeSeries[],
  levels: { readonly lower: number; readonly upper: number },
): RateLimits => {
  const bad = nodes.reduce((sum, node) => sum + node.badSum, 0);
  const total = nodes.reduce((sum, node) => sum + node.totalSum, 0);
  if (total === 0) return { rate: 0, lower: 0, upper: 1 };
  const rate = Math.min(1, bad / total);
  const effect = Math.max(1, dispersion(nodeCells(nodes), rate), dispersion(stepCells(nodes), rate));
  const n = total / effect;
  const x = rate * n;
  return {
    rate,
    lower: x <= 0 ? 0 : betaQuantile(levels.lower, x, n - x + 1),
    upper: n - x <= 0 ? 1 : betaQuantile(1 - levels.upper, x + 1, n - x),
  };
};

interface Cell {
  readonly bad: number;
  readonly total: number;
}

/** Pearson's chi-square of the cells around one rate, for each degree of freedom. */
const dispersion = (cells: readonly Cell[], rate: number): number => {
  if (cells.length < 2 || rate <= 0 || rate >= 1) return 1;
  const scatter = cells.reduce(
    (sum, { bad, total }) => sum + (bad - total * rate) ** 2 / (total * rate * (1 - rate)),
    0,
  );
  return scatter / (cells.length - 1);
};

const nodeCells = (nodes: readonly NodeSeries[]): readonly Cell[] =>
  nodes.filter((node) => node.totalSum > 0).map((node) => ({ bad: node.badSum, total: node.totalSum }));

const stepCells = (nodes: readonly NodeSeries[]): readonly Cell[] =>
  nodes.flatMap(({ bad, total }) =>
    [...total].map((count, step) => ({ bad: bad[step] ?? 0, total: count })).filter((cell) => cell.total > 0),
  );
