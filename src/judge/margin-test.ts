import type { Assignments } from './assignments.ts';
import type { NodeRate } from './rate-difference.ts';
import { robustScale } from './robust-scale.ts';

/** One cohort as the margin test takes it: nodes in the numbering of its stratum. */
export interface MarginCohort {
  readonly nodes: readonly NodeRate[];
  /** Numbers of the real candidates. */
  readonly candidates: readonly number[];
  /** Rate difference that counts as one margin. */
  readonly margin: number;
}

/** Robust deviations beyond which a node counts no more: neither a silent nor a burning node decides alone. */
const CLIP = 3;

/**
 * p-value of "the candidates are `multiple` margins worse": that much is taken off their rates, which
 * under this hypothesis restores what the nodes would show without the candidate, and the lower
 * tail of the same draw is looked up. Exact for a harm that adds the same to each node's rate;
 * approximate where the harm also changes the noise of the counts.
 */
export const marginTest = (
  cohorts: readonly MarginCohort[],
  reference: Assignments,
  multiple: number,
): number => {
  const scores = Float64Array.from(cohorts.flatMap((cohort) => scoresOf(cohort, multiple)));
  const { rows, width, members } = reference;
  const tie = 1e-9 * scores.reduce((sum, score) => sum + Math.abs(score), 0);
  let real = 0;
  let asSmall = 0;
  for (let row = 0; row < rows; row += 1) {
    let sum = 0;
    for (let at = row * width; at < (row + 1) * width; at += 1) sum += scores[members[at] ?? 0] ?? 0;
    if (row === 0) real = sum;
    // Written so that a number that is none counts against a Pass.
    if (!(sum > real + tie)) asSmall += 1;
  }
  return asSmall / rows;
};

/** The multiple of the margin at which p crosses `level`, between two ends that lie on either side of it. */
export const marginLimit = (
  pAt: (multiple: number) => number,
  level: number,
  from: number,
  to: number,
): number => {
  let low = from;
  let high = to;
  for (let i = 0; i < 14; i += 1) {
    const middle = (low + high) / 2;
    if (pAt(middle) > level) low = middle;
    else high = middle;
  }
  return high;
};

/** Deviations from the cohort's middle in robust units, weighed for a harm of the same multiple in each cohort. */
const scoresOf = ({ nodes, candidates, margin }: MarginCohort, multiple: number): readonly number[] => {
  const shift = multiple * margin;
  const chosen = new Set(candidates);
  const rates = nodes.map((node, i) => (chosen.has(i) ? node.rate - shift : node.rate));
  const requests = nodes.reduce((sum, node) => sum + node.requests, 0);
  const bad = nodes.reduce((sum, node, i) => sum + Math.max(0, rates[i] ?? 0) * node.requests, 0);
  const counting = (bad + 0.5) / (requests + 1);
  const { middle, deviation: scatter } = robustScale(rates);
  const usual = nodes.reduce((sum, node) => sum + counting / node.requests, 0) / nodes.length;
  const between = Math.max(0, scatter ** 2 - usual, (0.1 * counting) ** 2);
  return nodes.map((node, i) => {
    const deviation = Math.sqrt(between + counting / node.requests);
    const z = ((rates[i] ?? 0) - middle) / deviation;
    return (margin / deviation) * Math.max(-CLIP, Math.min(CLIP, z));
  });
};
