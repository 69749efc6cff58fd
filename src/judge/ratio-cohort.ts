import type { CohortData } from './arm-data.ts';
import { attach } from './arm-data.ts';
import type { CohortArms } from './cohort-arms.ts';
import type { MinuteSample } from './evidence.ts';
import type { Gap } from './evidence-gap.ts';
import { candidateGap, controlGap, isCovered, MIN_COVERAGE } from './evidence-gap.ts';
import type { NodeSeries } from './node-series.ts';
import { countsOf } from './node-series.ts';
import { amount, many } from './phrase.ts';
import type { NodeRate, RateDifference } from './rate-difference.ts';
import { curbOutliers, rateDifference } from './rate-difference.ts';
import type { RatioRule } from './rule.ts';
import type { Window } from './window.ts';

/** One cohort's evidence for a ratio, with the nodes that count. */
export interface RatioCohort {
  readonly arms: CohortArms;
  /** Nodes with enough samples and requests; which they are does not depend on the draw. */
  readonly candidates: readonly NodeSeries[];
  readonly controls: readonly NodeSeries[];
  /** Requests of all judged nodes. */
  readonly requests: number;
  /** Why the cohort can't be judged at all, and why not by comparison. */
  readonly gap: Gap | undefined;
  readonly controlGap: Gap | undefined;
  /** Undefined where an arm has no node that counts. */
  readonly comparison: Comparison | undefined;
}

export interface Comparison {
  readonly difference: RateDifference;
  /** Largest difference that is tolerated. */
  readonly margin: number;
}

export const ratioCohort = (
  arms: CohortArms,
  samples: ReadonlyMap<string, readonly MinuteSample[]>,
  rule: RatioRule,
  window: Window,
  scrapesPerSample: number | undefined,
): RatioCohort => {
  const data = attach(arms, samples, (minutes) => countsOf(minutes, window));
  const counts = (node: NodeSeries): boolean =>
    isCovered(node, window) && node.totalSum > 0 && node.totalSum >= rule.minRequestsPerNode;
  const candidates = data.candidates.filter(counts);
  const controls = data.controls.filter(counts);
  const gap =
    candidateGap(data, window, scrapesPerSample) ??
    badExceedsTotal(data) ??
    tooFewRequests('candidate', data.candidates, candidates, rule);
  return {
    arms,
    candidates,
    controls,
    requests: [...data.candidates, ...data.controls].reduce((sum, node) => sum + node.totalSum, 0),
    gap,
    controlGap:
      controlGap(data, window) ??
      (controls.length === 0 ? tooFewRequests('control node', data.controls, controls, rule) : undefined),
    comparison:
      candidates.length > 0 && controls.length > 0 ? compare(candidates, controls, rule) : undefined,
  };
};

/** Rate as it is, outbursts included: they too are requests that failed. */
export const nodeRate = (node: NodeSeries): NodeRate => ({
  rate: Math.min(1, node.badSum / node.totalSum),
  requests: node.totalSum,
});

/**
 * Candidates as they are against controls whose outliers are curbed: a control node that burns must
 * neither hide harm nor widen a relative margin. Whether chance explains the rest is the test's matter.
 */
const compare = (
  candidates: readonly NodeSeries[],
  controls: readonly NodeSeries[],
  rule: RatioRule,
): Comparison => {
  const difference = rateDifference(candidates.map(nodeRate), curbOutliers(controls.map(nodeRate)));
  const { relative = 0, absolute } = rule.maxIncrease;
  return { difference, margin: Math.max(relative * difference.controls, absolute, 1e-9) };
};

/** The parts of a ratio that contradict each other are a mistake in the metric, not a rate above one. */
const badExceedsTotal = (data: CohortData<NodeSeries>): Gap | undefined => {
  const nodes = [...data.candidates, ...data.controls];
  const bad = nodes.reduce((sum, node) => sum + node.badSum, 0);
  const total = nodes.reduce((sum, node) => sum + node.totalSum, 0);
  // What increase() extrapolates at the edges may put a few over.
  if (bad <= 1.05 * total + 5) return undefined;
  return {
    reason: 'BadExceedsTotal',
    message: `the metric counts ${amount(bad)} bad of ${amount(total)} requests: ratio.bad must select a part of ratio.total`,
  };
};

const tooFewRequests = (
  noun: string,
  all: readonly NodeSeries[],
  counted: readonly NodeSeries[],
  rule: RatioRule,
): Gap | undefined => {
  if (counted.length > 0 && counted.length >= MIN_COVERAGE * all.length) return undefined;
  const fewest = Math.min(...all.map((node) => node.totalSum));
  return {
    reason: 'TooFewRequests',
    message: `${counted.length} of ${many(all.length, noun)} had enough samples and the ${many(Math.max(1, rule.minRequestsPerNode), 'request')} that minRequestsPerNode asks for; the quietest had ${amount(fewest)}`,
  };
};
