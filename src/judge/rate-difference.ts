import { studentQuantile } from './beta.ts';
import { robustScale } from './robust-scale.ts';

/** Rate of one node, and how many requests it is from. */
export interface NodeRate {
  readonly rate: number;
  readonly requests: number;
}

/** Candidates less controls of one cohort. */
export interface RateDifference {
  readonly candidates: number;
  readonly controls: number;
  readonly estimate: number;
  /** Standard error of the estimate, nodes as the unit. */
  readonly error: number;
  /** Degrees of freedom that the error rests on. */
  readonly freedom: number;
}

/**
 * Mean rate of each arm, a node weighing 1 / (variance between nodes + variance of its count), so
 * that a busy node counts more than an idle one but never for many. The variance between nodes is
 * a moment estimate within the arms (DerSimonian and Laird 1986): harm does not widen it.
 */
export const rateDifference = (
  candidates: readonly NodeRate[],
  controls: readonly NodeRate[],
): RateDifference => {
  const arms = [candidates, controls];
  const counting = arms.map(countVariance);
  const between = betweenVariance(arms, counting);
  const [first, second] = arms.map((arm, a) =>
    weightedMean(arm, (node) => 1 / (between + (counting[a] ?? 0) / node.requests)),
  );
  const candidate = first ?? { mean: 0, weight: 0 };
  const control = second ?? { mean: 0, weight: 0 };
  return {
    candidates: candidate.mean,
    controls: control.mean,
    estimate: candidate.mean - control.mean,
    error: Math.sqrt(1 / candidate.weight + 1 / control.weight),
    freedom: candidates.length + controls.length - 2,
  };
};

/** Robust deviations above the median at which a node's rate is cut off. */
const OUTLIER = 3;

/** Rates of one arm with those far above the others' cut off. */
export const curbOutliers = (arm: readonly NodeRate[]): readonly NodeRate[] => {
  const { middle, deviation } = robustScale(arm.map(({ rate }) => rate));
  const counting = Math.max(
    middle * (1 - middle),
    0.5 / (1 + arm.reduce((sum, { requests }) => sum + requests, 0)),
  );
  return arm.map(({ rate, requests }) => ({
    rate: Math.min(rate, middle + OUTLIER * Math.sqrt(deviation ** 2 + counting / requests)),
    requests,
  }));
};

/** Ends of the 90 % interval by Student's t; undefined where no node is left to tell the spread from. */
export const interval = ({
  estimate,
  error,
  freedom,
}: RateDifference): { readonly lower: number; readonly upper: number } | undefined => {
  if (freedom < 1) return undefined;
  const reach = studentQuantile(0.95, freedom) * error;
  return { lower: estimate - reach, upper: estimate + reach };
};

/** Variance of one request (bad or not) in an arm, with half a bad request added so that none is not certainty. */
const countVariance = (arm: readonly NodeRate[]): number => {
  const requests = arm.reduce((sum, node) => sum + node.requests, 0);
  const rate = (arm.reduce((sum, node) => sum + node.rate * node.requests, 0) + 0.5) / (requests + 1);
  return rate * Math.max(1 - rate, 0.01);
};

const betweenVariance = (arms: readonly (readonly NodeRate[])[], counting: readonly number[]): number => {
  let scatter = 0;
  let freedom = 0;
  let weights = 0;
  for (const [a, arm] of arms.entries()) {
    const variance = counting[a] ?? 1;
    const { mean, weight } = weightedMean(arm, (node) => node.requests / variance);
    let squares = 0;
    for (const node of arm) {
      const own = node.requests / variance;
      scatter += own * (node.rate - mean) ** 2;
      squares += own ** 2;
    }
    freedom += Math.max(0, arm.length - 1);
    if (weight > 0) weights += weight - squares / weight;
  }
  return weights > 0 ? Math.max(0, (scatter - freedom) / weights) : 0;
};

const weightedMean = (
  arm: readonly NodeRate[],
  weightOf: (node: NodeRate) => number,
): { readonly mean: number; readonly weight: number } => {
  let weight = 0;
  let sum = 0;
  for (const node of arm) {
    const own = weightOf(node);
    weight += own;
    sum += own * node.rate;
  }
  return { mean: weight > 0 ? sum / weight : 0, weight };
};
