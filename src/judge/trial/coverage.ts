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

/** @param atLeast observations of a node that is busy enough to be evidence */
export const coverageOf = (
  panel: Panel,
  cells: Cells,
  cohort: number,
  minute: number,
  atLeast: number,
): Coverage => ({
  candidates: armOf(panel, cells, minute, atLeast, (node) => {
    const each = panel.nodes[node];
    return each?.cohort === cohort && each.candidate;
  }),
  controls: armOf(panel, cells, minute, atLeast, (node) => {
    const each = panel.nodes[node];
    return each?.cohort === cohort && !each.candidate;
  }),
});

const armOf = (
  panel: Panel,
  cells: Cells,
  minute: number,
  atLeast: number,
  of: (node: number) => boolean,
): ArmCoverage => {
  const span = soakSpan(panel, minute);
  const amounts = cells.kind === 'counts' ? cells.total : cells.n;
  let [nodes, seen, samples, observations, busy] = [0, 0, 0, 0, 0];
  let newest: number | undefined;
  for (const node of panel.nodes.keys()) {
    if (!of(node)) continue;
    nodes += 1;
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
  return {
    nodes,
    seen,
    share: nodes === 0 ? 0 : samples / (nodes * Math.max(1, minute)),
    newest,
    observations,
    busy,
  };
};
