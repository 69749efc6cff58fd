import type { LevelCells } from './panel.ts';
import { offsetOf } from './span.ts';
import type { Span } from './span.ts';

/** What a span's levels come to, node by node. */
export interface LevelsFit {
  /** Mean of a node's level less its own past and less what its cohort's reference nodes moved by. */
  readonly shift: Float64Array;
  /** Weight of that mean: minutes, each counted n / (n + n0). */
  readonly weight: Float64Array;
  readonly observations: Float64Array;
  readonly minutes: Float64Array;
  /** Minutes in which it was higher than that. */
  readonly above: Float64Array;
}

export interface LevelsFitInput {
  readonly cells: LevelCells;
  readonly span: Span;
  /** Usual level of each node. */
  readonly levels: ArrayLike<number>;
  /** Observations at which a minute's chance is as large as what moves the level from minute to minute. */
  readonly n0: number;
  readonly reference: (node: number) => boolean;
  /** Taken off a node's level: a tolerated harm. */
  readonly less?: ((node: number) => number) | undefined;
}

/** A difference in differences, minute by minute, weighted by how much each minute says. */
export const fitLevels = ({ cells, span, levels, n0, reference, less }: LevelsFitInput): LevelsFit => {
  const { nodes, cohorts, arrived } = span.panel;
  const length = Math.max(0, span.to - span.from);
  const sums = new Float64Array(cohorts.length * length);
  const weights = new Float64Array(cohorts.length * length);
  const referred = new Uint8Array(cohorts.length);
  const eachMinute = (node: number, then: (column: number, residual: number, n: number) => void): void => {
    const own = (levels[node] ?? 0) + (less?.(node) ?? 0);
    const start = offsetOf(span, node) + span.from;
    for (let column = 0; column < length; column += 1) {
      const cell = start + column;
      const n = cells.n[cell] ?? NaN;
      const level = cells.level[cell] ?? NaN;
      if (Number.isNaN(level) || !(n > 0) || !((arrived[cell] ?? Infinity) < span.by)) continue;
      then(column, level - own, n);
    }
  };
  for (const [node, { cohort }] of nodes.entries()) {
    if (!reference(node)) continue;
    referred[cohort] = 1;
    eachMinute(node, (column, residual, n) => {
      const at = cohort * length + column;
      const weight = n / (n + n0);
      sums[at] = (sums[at] ?? 0) + weight * residual;
      weights[at] = (weights[at] ?? 0) + weight;
    });
  }
  const shift = new Float64Array(nodes.length);
  const weight = new Float64Array(nodes.length);
  const observations = new Float64Array(nodes.length);
  const minutes = new Float64Array(nodes.length);
  const above = new Float64Array(nodes.length);
  for (const [node, { cohort }] of nodes.entries()) {
    let sum = 0;
    let total = 0;
    eachMinute(node, (column, residual, n) => {
      const at = cohort * length + column;
      const common = weights[at] ?? 0;
      if (common === 0 && referred[cohort] === 1) return;
      const own = n / (n + n0);
      const shifted = residual - (common === 0 ? 0 : (sums[at] ?? 0) / common);
      sum += own * shifted;
      if (shifted > 0) above[node] = (above[node] ?? 0) + 1;
      total += own;
      observations[node] = (observations[node] ?? 0) + n;
      minutes[node] = (minutes[node] ?? 0) + 1;
    });
    shift[node] = total > 0 ? sum / total : 0;
    weight[node] = total;
  }
  return { shift, weight, observations, minutes, above };
};
