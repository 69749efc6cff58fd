import { NONE } from './allowance.ts';
import type { Allowance } from './allowance.ts';
import type { CountCells } from './panel.ts';
import { offsetOf } from './span.ts';
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

  // What each sample would usually bring; NaN where there is none. Every pass below goes by it.
  const means = new Float64Array(nodes.length * length);
  const { arrived } = span.panel;
  for (let node = 0; node < nodes.length; node += 1) {
    const rate = rates[node] ?? 0;
    const start = offsetOf(span, node) + span.from;
    for (let column = 0; column < length; column += 1) {
      const cell = start + column;
      means[node * length + column] =
        (arrived[cell] ?? Infinity) < span.by ? (cells.total[cell] ?? NaN) * rate : NaN;
    }
  }
  /** @param rough shocks by uncut counts; undefined: these are to be found */
  const findShocks = (rough: Float64Array | undefined): void => {
    usual.fill(0);
    seen.fill(0);
    for (let node = 0; node < nodes.length; node += 1) {
      if (!reference(node)) continue;
      const cohort = nodes[node]?.cohort ?? 0;
      const allowance = allowances[cohort] ?? NONE;
      const start = offsetOf(span, node) + span.from;
      for (let column = 0; column < length; column += 1) {
        const mean = means[node * length + column] ?? NaN;
        if (Number.isNaN(mean)) continue;
        const at = cohort * length + column;
        const cell = start + column;
        const count = bad[cell] ?? 0;
        usual[at] = (usual[at] ?? 0) + mean;
        seen[at] =
          (seen[at] ?? 0) +
          (rough === undefined
            ? count
            : cut(count, mean * Math.max(rough[at] ?? 0, MIN_SHOCK), cells.total[cell] ?? 0, allowance));
      }
    }
    for (let at = 0; at < shock.length; at += 1) {
      const mean = usual[at] ?? 0;
      shock[at] = mean > 0 ? ((seen[at] ?? 0) + FAINT) / (mean + FAINT) : NaN;
    }
  };

  findShocks(undefined);
  const rough = shock.slice();
  findShocks(rough);

  for (let node = 0; node < nodes.length; node += 1) {
    const cohort = nodes[node]?.cohort ?? 0;
    const alone = referred[cohort] === 0;
    const allowance = allowances[cohort] ?? NONE;
    const start = offsetOf(span, node) + span.from;
    for (let column = 0; column < length; column += 1) {
      const mean = means[node * length + column] ?? NaN;
      const at = cohort * length + column;
      const now = alone ? 1 : (shock[at] ?? NaN);
      if (Number.isNaN(mean) || Number.isNaN(now)) continue;
      const cell = start + column;
      const count = bad[cell] ?? 0;
      const total = cells.total[cell] ?? 0;
      const floor = alone ? 1 : Math.max(rough[at] ?? 0, MIN_SHOCK);
      observed[node] = (observed[node] ?? 0) + cut(count, mean * floor, total, allowance);
      expected[node] = (expected[node] ?? 0) + mean * now;
      uncut[node] = (uncut[node] ?? 0) + count;
      requests[node] = (requests[node] ?? 0) + total;
      minutes[node] = (minutes[node] ?? 0) + 1;
      if (count > CLEARLY * mean * now) above[node] = (above[node] ?? 0) + 1;
    }
  }
  return { observed, uncut, expected, requests, minutes, above };
};

/** A count with its outburst cut off. */
const cut = (count: number, mean: number, total: number, { relative, absolute }: Allowance): number => {
  const most = mean * (1 + relative) + absolute * total;
  return Math.min(count, BURST * most + 3 * Math.sqrt(most) + 1);
};
