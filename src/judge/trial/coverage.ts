import type { Cells, Panel } from './panel.ts';
import { offsetOf, soakSpan, visible } from './span.ts';

/** What is there of one metric in one cohort's arms, at one look. */
export interface Coverage {
  readonly candidates: ArmCoverage;
  readonly controls: ArmCoverage;
}

export interface ArmCoverage {
  readonly nodes: number;
  /** Nodes with a sample. */
  readonly seen: number;
  /** Share of node-minutes with a sample. */
  readonly share: number;
  /** Newest minute with a sample; undefined: none. */
  readonly newest: number | undefined;
  readonly observations: number;
  /** Nodes with at least so many observations. */
  readonly busy: number;
}

/**
 * @param nodes of the cohort
 * @param atLeast observations of a node that is busy enough to be evidence
 */
export const coverageOf = (
  panel: Panel,
  cells: Cells,
  nodes: readonly number[],
  minute: number,
  atLeast: number,
): Coverage => {
  const isCandidate = (node: number): boolean => panel.nodes[node]?.candidate === true;
  const candidates = nodes.filter(isCandidate);
  const controls = nodes.filter((node) => !isCandidate(node));
  return {
    candidates: armOf(panel, cells, candidates, minute, atLeast),
    controls: armOf(panel, cells, controls, minute, atLeast),
  };
};

const armOf = (
  panel: Panel,
  cells: Cells,
  nodes: readonly number[],
  minute: number,
  atLeast: number,
): ArmCoverage => {
  const span = soakSpan(panel, minute);
  const amounts = cells.kind === 'counts' ? cells.total : cells.n;
  let [seen, samples, observations, busy] = [0, 0, 0, 0];
  let newest: number | undefined;
  for (const node of nodes) {
    let own = 0;
    let count = 0;
    const start = offsetOf(span, node);
    for (let column = span.from; column < span.to; column += 1) {
      const amount = amounts[start + column] ?? NaN;
      if (!visible(span, start + column) || Number.isNaN(amount)) continue;
      count += 1;
      own += amount;
      newest = Math.max(newest ?? -Infinity, column + panel.first);
    }
    samples += count;
    observations += own;
    if (count > 0) seen += 1;
    if (own >= atLeast) busy += 1;
  }
  const share = nodes.length === 0 ? 0 : samples / (nodes.length * Math.max(1, minute));
  return { nodes: nodes.length, seen, share, newest, observations, busy };
};
