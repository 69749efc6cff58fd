import { mixture } from './features.ts';
import type { Features } from './features.ts';
import { excessShift } from './levels-baseline.ts';
import type { LevelsBaseline } from './levels-baseline.ts';
import { fitLevels } from './levels-fit.ts';
import type { LevelsFit } from './levels-fit.ts';
import { uncontrolled } from './panel.ts';
import type { NodeCap } from './node-cap.ts';
import type { LevelCells } from './panel.ts';
import type { Span } from './span.ts';

/** Shifts that are looked for, in the metric's unit, all of them harm; and how much of it is tolerated by cohort. */
export interface LevelTest {
  /** 1: higher is worse; -1: lower is worse. */
  readonly worse: 1 | -1;
  readonly harm: Alternatives;
  /** Shifts of a candidate that does no harm, in the direction of harm. */
  readonly healthy: Alternatives;
  /** By cohort; at least 0. */
  readonly margins: readonly number[];
}

export interface Alternatives {
  readonly shifts: readonly number[];
  readonly weights: readonly number[];
}

/** Shifts of the logarithm of a latency. */
export const LATENCY_HARM: Alternatives = {
  shifts: [1.05, 1.1, 1.2, 1.35, 1.6, 2.5].map(Math.log),
  weights: [0.1, 0.2, 0.3, 0.2, 0.1, 0.1],
};
export const LATENCY_HEALTHY: Alternatives = {
  shifts: [0.8, 0.9, 0.95, 1, 1.05].map(Math.log),
  weights: [0.2, 0.2, 0.2, 0.2, 0.2],
};

export interface LevelsEvidence {
  readonly up: Features;
  readonly down: Features | undefined;
  readonly fit: LevelsFit;
  /** Variance of each node's shift. */
  readonly variance: Float64Array;
}

export interface LevelsEvidenceInput {
  readonly cells: LevelCells;
  readonly span: Span;
  readonly baseline: LevelsBaseline;
  readonly test: LevelTest;
  readonly caps: NodeCap;
}

/** Evidence of the e-process: normal likelihood ratios of each node's shift against its own past and the controls. */
export const levelsEvidence = ({
  cells,
  span,
  baseline,
  test,
  caps,
}: LevelsEvidenceInput): LevelsEvidence => {
  const { nodes } = span.panel;
  const isControl = (node: number): boolean => nodes[node]?.candidate === false;
  const fit = fitLevels({
    cells,
    span,
    levels: baseline.levels,
    n0: baseline.n0,
    reference: isControl,
  });
  const now = excessShift(fit, baseline.doubts, baseline.noise, {
    prior: baseline.drift,
    priorNodes: 2,
    of: isControl,
  });
  const drift = Math.max(baseline.drift, now);
  const own = fit.weight.map((weight, node) =>
    weight > 0 ? (baseline.doubts[node] ?? 0) + drift + baseline.noise / weight : Infinity,
  );
  const inflation = inflationOf(own, fit, span);
  const alone = uncontrolled(span.panel);
  const members = nodes.filter(({ cohort }) => alone[cohort] === true).length;
  const variance = own.map((value, node) => {
    const cohort = nodes[node]?.cohort ?? 0;
    // Nobody is left to say what comes over all of them at once, and it does not shrink with their number.
    const shock = alone[cohort] === true ? (baseline.shocks[cohort] ?? 0) * members : 0;
    return value * (inflation[cohort] ?? 1) + shock;
  });
  return {
    up: likelihoods(test.harm, fit, variance, { span, test, caps, over: 'margin' }),
    down: test.margins.some((margin) => margin > 0)
      ? likelihoods(test.healthy, fit, variance, { span, test, caps, over: 'stable' })
      : undefined,
    fit,
    variance,
  };
};

/**
 * The statistic of the randomisation test: all nodes are the reference, a tolerated harm is taken off the candidates
 * first, and a chosen node is scored at a shift beyond what the others then have.
 *
 * @param shares of each cohort that were chosen
 */
export const levelsStatistic = (
  { cells, span, baseline, test }: Omit<LevelsEvidenceInput, 'caps'>,
  shares: readonly number[],
): Features => {
  const { nodes } = span.panel;
  const fit = fitLevels({
    cells,
    span,
    levels: baseline.levels,
    n0: baseline.n0,
    reference: () => true,
    less: (node) => {
      const each = nodes[node];
      return each?.candidate === true ? test.worse * (test.margins[each.cohort] ?? 0) : 0;
    },
  });
  const { shifts, weights } = test.harm;
  const values = new Float64Array(nodes.length * shifts.length);
  for (const [node, { cohort }] of nodes.entries()) {
    const weight = fit.weight[node] ?? 0;
    if (weight <= 0) continue;
    const variance = (baseline.doubts[node] ?? 0) + baseline.drift + baseline.noise / weight;
    const shifted = test.worse * (fit.shift[node] ?? 0);
    for (const [at, shift] of shifts.entries()) {
      const others = -(shares[cohort] ?? 0) * shift;
      values[node * shifts.length + at] =
        ((shifted - others) ** 2 - (shifted - others - shift) ** 2) / (2 * variance);
    }
  }
  return mixture(values, weights);
};

/** The controls' noise is in what is expected of every candidate of the cohort (n_T / n_K where all nodes are alike). */
const inflationOf = (variance: Float64Array, fit: LevelsFit, { panel }: Span): readonly number[] =>
  panel.cohorts.map((_, cohort) => {
    const sums = { controls: 0, weights: 0, candidates: 0 };
    for (const [node, each] of panel.nodes.entries()) {
      const weight = fit.weight[node] ?? 0;
      if (each.cohort !== cohort || weight <= 0) continue;
      if (each.candidate) sums.candidates += 1 / (variance[node] ?? Infinity);
      else {
        sums.weights += weight;
        sums.controls += weight ** 2 * (variance[node] ?? 0);
      }
    }
    return sums.weights === 0 ? 1 : 1 + (sums.candidates * sums.controls) / sums.weights ** 2;
  });

const likelihoods = (
  { shifts, weights }: Alternatives,
  { shift: found, above, minutes }: LevelsFit,
  variance: Float64Array,
  {
    span,
    test,
    caps,
    over,
  }: {
    readonly span: Span;
    readonly test: LevelTest;
    readonly caps: NodeCap;
    readonly over: 'margin' | 'stable';
  },
): Features => {
  const { nodes } = span.panel;
  const values = new Float64Array(nodes.length * shifts.length);
  for (const [node, { cohort }] of nodes.entries()) {
    const own = variance[node] ?? Infinity;
    if (!(own < Infinity) || own <= 0) continue;
    const margin = test.margins[cohort] ?? 0;
    const higher = (above[node] ?? 0) / Math.max(1, minutes[node] ?? 0);
    const cap = caps(cohort, test.worse === 1 ? higher : 1 - higher);
    const beyond = test.worse * (found[node] ?? 0) - margin;
    for (const [at, shift] of shifts.entries()) {
      const other = over === 'margin' ? shift : shift - margin;
      if (over === 'stable' && other >= 0) continue;
      values[node * shifts.length + at] = Math.min(cap, (other * beyond - other ** 2 / 2) / own);
    }
  }
  return mixture(values, weights);
};
