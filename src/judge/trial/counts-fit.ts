import { NONE } from './allowance.ts';
import type { Allowance } from './allowance.ts';
import type { CountCells } from './panel.ts';
import { offsetOf, visible } from './span.ts';
import type { Span } from './span.ts';

/** What a span's counts come to, node by node. */
export interface CountsFit {
  /** Bad requests, with outbursts cut off, and as they are. */
  readonly observed: Float64Array;
  readonly uncut: Float64Array;
  /** What they would have been at the rates given, under the shocks that the reference nodes saw. */
  readonly expected: Float64Array;
  /** All requests in the minutes that count. */
  readonly requests: Float64Array;
  /** Minutes that count, and those of them with clearly more than expected. */
  readonly minutes: Float64Array;
  readonly above: Float64Array;
}

export interface CountsFitInput {
  readonly cells: CountCells;
  readonly span: Span;
  /** Usual share of bad requests, by node. */
  readonly rates: ArrayLike<number>;
  /** Nodes that say what shocks came over their cohort; none in a cohort: no shock is taken off there. */
  readonly reference: (node: number) => boolean;
  /** Counts instead of `cells.bad`, where some were added. */
  readonly bad?: Float64Array | undefined;
  /** Harm that is tolerated, by cohort: no outburst yet. */
  readonly allowances?: readonly Allowance[] | undefined;
}

/** An outburst of one minute counts up to this many times what is expected, and some more for chance. */
const BURST = 2.5;
const MIN_SHOCK = 0.25;
/** A minute is counted as worse beyond this; every second one is worse by something. */
const CLEARLY = 1.25;
/** A minute in which the reference expects hardly any bad request says nothing of a shock: so many more as usual. */
const FAINT = 0.25;

/**
 * Observed and expected counts, minute by minute within the cohort: what all reference nodes saw more of in a minute
 * than usual is expected of each (a difference in differences). Counts are cut at 2.5 e + 3 sqrt(e) + 1, the same for
 * both arms, e being what is expected and tolerated, so that a node that burns for minutes does not outweigh the others.
 */
export const fitCounts = ({
  cells,
  span,
  rates,
  reference,
  bad = cells.bad,
  allowances = [],
}: CountsFitInput): CountsFit => {
  const { nodes, cohorts } = span.panel;
  const length = Math.max(0, span.to - span.from);
  const observed = new Float64Array(nodes.length);
  const uncut = new Float64Array(nodes.length);
  const expected = new Float64Array(nodes.length);
  const requests = new Float64Array(nodes.length);
  const minutes = new Float64Array(nodes.length);
  const above = new Float64Array(nodes.length);
  const usual = new Float64Array(cohorts.length * length);
  const seen = new Float64Array(cohorts.length * length);
  const shock = new Float64Array(cohorts.length * length);
  const referred = new Uint8Array(cohorts.length);
  for (const [node, { cohort }] of nodes.entries()) if (reference(node)) referred[cohort] = 1;

  const sum = (value: (cell: number, mean: number, at: number, cohort: number) => number): void => {
    usual.fill(0);
    seen.fill(0);
    for (const [node, { cohort }] of nodes.entries()) {
      if (!reference(node)) continue;
      const rate = rates[node] ?? 0;
      const start = offsetOf(span, node) + span.from;
      for (let column = 0; column < length; column += 1) {
        const cell = start + column;
        const total = cells.total[cell] ?? NaN;
        if (!visible(span, cell) || Number.isNaN(total)) continue;
        const at = cohort * length + column;
        usual[at] = (usual[at] ?? 0) + total * rate;
        seen[at] = (seen[at] ?? 0) + value(cell, total * rate, at, cohort);
      }
    }
    for (let at = 0; at < shock.length; at += 1) {
      const mean = usual[at] ?? 0;
      shock[at] = mean > 0 ? ((seen[at] ?? 0) + FAINT) / (mean + FAINT) : NaN;
    }
  };
  const cut = (cell: number, mean: number, cohort: number): number => {
    const { relative, absolute } = allowances[cohort] ?? NONE;
    const most = mean * (1 + relative) + absolute * (cells.total[cell] ?? 0);
    return Math.min(bad[cell] ?? 0, BURST * most + 3 * Math.sqrt(most) + 1);
  };

  sum((cell) => bad[cell] ?? 0);
  const first = shock.slice();
  const floor = (at: number): number => Math.max(first[at] ?? 0, MIN_SHOCK);
  sum((cell, mean, at, cohort) => cut(cell, mean * floor(at), cohort));

  for (const [node, { cohort }] of nodes.entries()) {
    const rate = rates[node] ?? 0;
    const start = offsetOf(span, node) + span.from;
    for (let column = 0; column < length; column += 1) {
      const cell = start + column;
      const total = cells.total[cell] ?? NaN;
      if (!visible(span, cell) || Number.isNaN(total)) continue;
      const at = cohort * length + column;
      const alone = referred[cohort] === 0;
      const now = alone ? 1 : (shock[at] ?? NaN);
      if (Number.isNaN(now)) continue;
      const mean = total * rate;
      observed[node] = (observed[node] ?? 0) + cut(cell, mean * (alone ? 1 : floor(at)), cohort);
      expected[node] = (expected[node] ?? 0) + mean * now;
      uncut[node] = (uncut[node] ?? 0) + (bad[cell] ?? 0);
      requests[node] = (requests[node] ?? 0) + total;
      minutes[node] = (minutes[node] ?? 0) + 1;
      if ((bad[cell] ?? 0) > CLEARLY * mean * now) above[node] = (above[node] ?? 0) + 1;
    }
  }
  return { observed, uncut, expected, requests, minutes, above };
};
