import { BLOCK, excessSpread } from './counts-baseline.ts';
import type { CountsBaseline } from './counts-baseline.ts';
import { fitCounts } from './counts-fit.ts';
import type { CountsFit } from './counts-fit.ts';
import { mixture } from './features.ts';
import { gammaPoissonRatio, HARM, HEALTHY } from './gamma-poisson.ts';
import type { Features } from './features.ts';
import type { Allowance } from './allowance.ts';
import { uncontrolled } from './panel.ts';
import type { NodeCap } from './node-cap.ts';
import type { CountCells } from './panel.ts';
import type { Span } from './span.ts';

const PRIOR_DRIFT = 0.0225;
/** How unequal a tolerated absolute harm may come over nodes, as a relative variance. */
const UNEQUAL = 0.05;

export interface CountsEvidence {
  /** Against no harm beyond the margin; controls are the reference. */
  readonly up: Features;
  /** Against harm of the margin; undefined where no margin is tolerated. */
  readonly down: Features | undefined;
  readonly fit: CountsFit;
  /** Relative variance of each node's rate beyond counting noise, and its dispersion. */
  readonly variance: Float64Array;
  readonly dispersion: Float64Array;
  /** Bad requests that the margin allows each node beyond what is expected. */
  readonly allowed: Float64Array;
}

export interface CountsEvidenceInput {
  readonly cells: CountCells;
  readonly span: Span;
  readonly baseline: CountsBaseline;
  /** By cohort. */
  readonly allowances: readonly Allowance[];
  readonly caps: NodeCap;
}

/** Evidence of the e-process: gamma-Poisson likelihood ratios of each node against its own past and the controls. */
export const countsEvidence = (input: CountsEvidenceInput): CountsEvidence => {
  const { cells, span, baseline, allowances, caps } = input;
  const { nodes } = span.panel;
  const isControl = (node: number): boolean => nodes[node]?.candidate === false;
  const fit = fitCounts({ cells, span, rates: baseline.rates, reference: isControl, allowances });
  const now = excessSpread(fit, baseline.doubts, baseline.blocks, {
    prior: PRIOR_DRIFT,
    priorNodes: 2,
    of: isControl,
  });
  const drift = Math.max(baseline.drift, now);
  const inflation = inflationOf(fit, span);
  const alone = aloneOf(fit, span, baseline);
  const allowed = allowedOf(fit, span, allowances);
  const variance = new Float64Array(nodes.length);
  const dispersion = new Float64Array(nodes.length).fill(1);
  for (const [node, { cohort }] of nodes.entries()) {
    const by = inflation[cohort] ?? 1;
    variance[node] = ((baseline.doubts[node] ?? 0) + drift) * by + (alone[cohort] ?? 0);
    dispersion[node] = dispersionOf(fit, baseline, node) * by;
  }
  const nodeCaps = Float64Array.from(nodes, ({ cohort }, node) =>
    caps(cohort, (fit.above[node] ?? 0) / Math.max(1, fit.minutes[node] ?? 0)),
  );
  const tolerates = allowances.some(({ relative, absolute }) => relative > 0 || absolute > 0);
  return {
    up: likelihoods(HARM, fit, { allowed, variance, dispersion, caps: nodeCaps, over: 'margin' }),
    down: tolerates
      ? likelihoods(HEALTHY, fit, { allowed, variance, dispersion, caps: nodeCaps, over: 'stable' })
      : undefined,
    fit,
    variance,
    dispersion,
    allowed,
  };
};

/**
 * The statistic of the randomisation test. All nodes are the reference, so that nothing in it knows who was drawn but
 * the numbers chosen in each cohort: a chosen node is scored at r times what the others then have, the rate of the
 * cohort as a whole being what it is.
 *
 * @param bad counts to which a tolerated harm was added where there was none
 */
export const countsStatistic = (
  { cells, span, baseline, allowances }: Omit<CountsEvidenceInput, 'caps'>,
  shares: readonly number[],
  bad: Float64Array | undefined,
): Features => {
  const { nodes } = span.panel;
  const fit = fitCounts({ cells, span, rates: baseline.rates, reference: () => true, bad, allowances });
  const { factors, weights } = HARM;
  const values = new Float64Array(nodes.length * factors.length);
  for (const [node, { cohort }] of nodes.entries()) {
    const phi = dispersionOf(fit, baseline, node);
    const k = 1 / ((baseline.doubts[node] ?? 0) + baseline.drift);
    const observed = (fit.observed[node] ?? 0) / phi;
    const expected = (fit.expected[node] ?? 0) / phi;
    if (expected <= 0) continue;
    for (const [at, factor] of factors.entries()) {
      const others = 1 / (1 + (shares[cohort] ?? 0) * (factor - 1));
      values[node * factors.length + at] = gammaPoissonRatio(
        observed,
        factor * others * expected,
        others * expected,
        k,
      );
    }
  }
  return mixture(values, weights);
};

const dispersionOf = ({ expected, minutes }: CountsFit, { blocks }: CountsBaseline, node: number): number =>
  1 + (blocks * (expected[node] ?? 0) * BLOCK) / Math.max(minutes[node] ?? 0, 1);

/**
 * The controls' own noise is in what is expected of every candidate of the cohort; spread over the candidates it adds
 * this much to the variance of each (n_T / n_K where all nodes are alike).
 */
const inflationOf = ({ expected }: CountsFit, { panel }: Span): readonly number[] =>
  panel.cohorts.map((_, cohort) => {
    const sums = [
      { one: 0, two: 0 },
      { one: 0, two: 0 },
    ] satisfies [object, object];
    for (const [node, each] of panel.nodes.entries()) {
      if (each.cohort !== cohort) continue;
      const arm = sums[each.candidate ? 1 : 0];
      arm.one += expected[node] ?? 0;
      arm.two += (expected[node] ?? 0) ** 2;
    }
    const [controls, candidates] = sums;
    if (controls.one === 0 || candidates.two === 0) return 1;
    return 1 + (candidates.one ** 2 / candidates.two) * (controls.two / controls.one ** 2);
  });

/**
 * Where no control is left to say what comes over all nodes at once, its variance is in each candidate's; as it may be
 * the same for all of them, in all such cohorts, it does not shrink with their number.
 */
const aloneOf = ({ expected }: CountsFit, { panel }: Span, { shocks }: CountsBaseline): readonly number[] => {
  const alone = uncontrolled(panel);
  const own = [...panel.nodes.keys()].filter((node) => alone[panel.nodes[node]?.cohort ?? 0] === true);
  const one = own.reduce((sum, node) => sum + (expected[node] ?? 0), 0);
  const two = own.reduce((sum, node) => sum + (expected[node] ?? 0) ** 2, 0);
  return alone.map((is, cohort) => (is && two > 0 ? ((shocks[cohort] ?? 0) * one ** 2) / two : 0));
};

const allowedOf = (fit: CountsFit, { panel }: Span, allowances: readonly Allowance[]): Float64Array =>
  Float64Array.from(panel.nodes, ({ cohort }, node) => {
    const { relative, absolute } = allowances[cohort] ?? { relative: 0, absolute: 0 };
    return relative * (fit.expected[node] ?? 0) + absolute * (fit.requests[node] ?? 0);
  });

interface LikelihoodOptions {
  readonly allowed: Float64Array;
  readonly variance: Float64Array;
  readonly dispersion: Float64Array;
  /** By node. */
  readonly caps: Float64Array;
  /** Whether the alternatives are multiples of what is tolerated or of what stable has. */
  readonly over: 'margin' | 'stable';
}

/**
 * Log of the likelihood of O counts at the alternative over that at E + allowed, both gamma-Poisson with relative
 * variance 1/k: O ln(e1/e0) - (O + k) ln((k + e1)/(k + e0)), counts divided by their dispersion.
 */
const likelihoods = (
  { factors, weights }: { readonly factors: readonly number[]; readonly weights: readonly number[] },
  { observed, expected }: CountsFit,
  { allowed, variance, dispersion, caps, over }: LikelihoodOptions,
): Features => {
  const width = factors.length;
  const values = new Float64Array(observed.length * width);
  for (let node = 0; node < observed.length; node += 1) {
    const phi = dispersion[node] ?? 1;
    const usual = (expected[node] ?? 0) / phi;
    const tolerated = usual + (allowed[node] ?? 0) / phi;
    if (tolerated <= 0) continue;
    // What is allowed on top is taken for more alike than the nodes' own rates.
    const part = usual / tolerated;
    const k = 1 / Math.max((variance[node] ?? 0) * part ** 2, UNEQUAL * (1 - part) ** 2);
    const count = (observed[node] ?? 0) / phi;
    for (const [at, factor] of factors.entries()) {
      const other = factor * (over === 'margin' ? tolerated : usual);
      // Not of a candidate that does no harm any more.
      if (over === 'stable' && other >= tolerated) {
        values[node * width + at] = 0;
        continue;
      }
      values[node * width + at] = Math.min(
        caps[node] ?? Infinity,
        gammaPoissonRatio(count, other, tolerated, k),
      );
    }
  }
  return mixture(values, weights);
};
