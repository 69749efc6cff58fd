import type { PanelNode, ShapeCells } from './panel.ts';
import { offsetOf, visible } from './span.ts';
import type { Span } from './span.ts';

/** Histograms of a span, node after node. */
export interface Histograms {
  readonly bins: number;
  readonly counts: Float64Array;
  readonly n: Float64Array;
  readonly minutes: Float64Array;
}

export const histogramsOf = ({ bins, n, counts }: ShapeCells, span: Span): Histograms => {
  const { nodes } = span.panel;
  const sums: Histograms = {
    bins,
    counts: new Float64Array(nodes.length * bins),
    n: new Float64Array(nodes.length),
    minutes: new Float64Array(nodes.length),
  };
  for (const node of nodes.keys()) {
    const start = offsetOf(span, node);
    for (let cell = start + span.from; cell < start + span.to; cell += 1) {
      const observations = n[cell] ?? NaN;
      if (!visible(span, cell) || Number.isNaN(observations)) continue;
      sums.n[node] = (sums.n[node] ?? 0) + observations;
      sums.minutes[node] = (sums.minutes[node] ?? 0) + 1;
      for (let bin = 0; bin < bins; bin += 1) {
        const at = node * bins + bin;
        sums.counts[at] = (sums.counts[at] ?? 0) + (counts[cell * bins + bin] ?? 0);
      }
    }
  }
  return sums;
};

/** How far each node's shares are from its usual ones, less what its cohort's reference nodes moved by. */
export interface ShapesFit {
  readonly bins: number;
  /**
   * Shares less usual shares, over the root of the cohort's share of the bin, node after node: the square of its length
   * is what the population stability index is for small changes.
   */
  readonly shift: Float64Array;
  readonly n: Float64Array;
  readonly minutes: Float64Array;
}

export const fitShapes = (
  found: Histograms,
  usual: ArrayLike<number>,
  cohorts: readonly number[],
  nodes: readonly PanelNode[],
  reference: (node: number) => boolean,
): ShapesFit => {
  const { bins, counts, n } = found;
  const shift = new Float64Array(n.length * bins);
  const sums = new Float64Array(cohorts.length);
  const weights = new Float64Array(cohorts.length / bins);
  for (const [node, { cohort }] of nodes.entries()) {
    const total = n[node] ?? 0;
    if (total === 0) continue;
    // A busy node does not stand for its cohort.
    const weight = total / (total + 1000);
    if (reference(node)) weights[cohort] = (weights[cohort] ?? 0) + weight;
    for (let bin = 0; bin < bins; bin += 1) {
      const at = node * bins + bin;
      shift[at] =
        ((counts[at] ?? 0) / total - (usual[at] ?? 0)) / Math.sqrt(cohorts[cohort * bins + bin] ?? 1);
      if (reference(node)) {
        const sum = cohort * bins + bin;
        sums[sum] = (sums[sum] ?? 0) + weight * (shift[at] ?? 0);
      }
    }
  }
  for (const [node, { cohort }] of nodes.entries()) {
    const weight = weights[cohort] ?? 0;
    if (weight === 0 || (n[node] ?? 0) === 0) continue;
    for (let bin = 0; bin < bins; bin += 1) {
      const at = node * bins + bin;
      shift[at] = (shift[at] ?? 0) - (sums[cohort * bins + bin] ?? 0) / weight;
    }
  }
  return { bins, shift, n, minutes: found.minutes };
};

/** Squared length of a node's shift. */
export const lengthOf = ({ shift, bins }: Pick<ShapesFit, 'shift' | 'bins'>, node: number): number => {
  let sum = 0;
  for (let at = node * bins; at < (node + 1) * bins; at += 1) sum += (shift[at] ?? 0) ** 2;
  return sum;
};
