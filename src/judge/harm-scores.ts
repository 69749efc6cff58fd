import type { NodeCounts } from './node-counts.ts';

/** Rate ratios whose likelihoods are mixed, and their weights. */
const RATIOS = [
  [1.25, 0.15],
  [1.5, 0.2],
  [2, 0.25],
  [3, 0.2],
  [5, 0.1],
  [10, 0.1],
] as const;

/** Nodes are never taken for more alike than this (variance of the log rate, a standard deviation of 22 %). */
const MIN_VARIANCE = 0.05;
/** Nor for more different: a standard deviation of the log rate of 3 leaves nothing to compare. */
const MAX_VARIANCE = 10;
/** Evidence of one node beyond this (in nats) counts by its root only. */
const SOFT_CAP = 6;

/** What one cohort's nodes add to the statistic. */
export interface HarmScores {
  /** Log likelihood ratios: a row for each ratio of RATIOS, a column for each node. */
  readonly evidence: readonly Float64Array[];
  /** Standardised excess of each node, which orders what the evidence leaves equal. */
  readonly excess: Float64Array;
}

/** Weight of the excess: far below any difference of evidence that means something. */
const ORDERING = 1e-6;

export interface ScoredCohort {
  readonly counts: readonly NodeCounts[];
  /** How many were chosen; all that the scores may know of the draw. */
  readonly chosen: number;
}

/**
 * Evidence of each node for a rate r times the usual, under a gamma-Poisson model of nodes that
 * differ: l(r) = O ln r - (O + k) ln((k + r E) / (k + E)), k = 1 / variance. The model only ranks
 * the assignments; the test is exact whatever the truth.
 */
export const harmScores = (cohorts: readonly ScoredCohort[]): readonly HarmScores[] => {
  const usual = cohorts.map(({ counts, chosen }) => rescale(counts, chosen));
  const variance = Math.max(MIN_VARIANCE, nodeVariance(usual.map(({ rest }) => rest)));
  return usual.map(({ all }) => ({
    evidence: RATIOS.map(([ratio]) =>
      Float64Array.from(all, (node) => softCap(evidence(node, ratio, 1 / variance))),
    ),
    excess: Float64Array.from(all, (node) => standardised(node, variance)),
  }));
};

const standardised = ({ observed, expected }: NodeCounts, variance: number): number => {
  const z = (observed - expected) / Math.sqrt(expected + variance * expected ** 2 + 0.5);
  return Math.max(-3, Math.min(3, z));
};

const evidence = ({ observed, expected }: NodeCounts, ratio: number, k: number): number =>
  observed * Math.log(ratio) - (observed + k) * Math.log((k + ratio * expected) / (k + expected));

/** Keeps the order of nodes, so that a strong fault still outranks a chance outburst. */
const softCap = (score: number): number =>
  score <= SOFT_CAP ? score : SOFT_CAP + 2 * (Math.sqrt(1 + score - SOFT_CAP) - 1);

/**
 * Expectations at the level of the nodes that are left when the `chosen` worst are set aside,
 * whoever they are: else a bad version would raise what is expected of all.
 */
const rescale = (
  counts: readonly NodeCounts[],
  chosen: number,
): { readonly all: readonly NodeCounts[]; readonly rest: readonly NodeCounts[] } => {
  const best = counts.toSorted((a, b) => excess(a) - excess(b)).slice(0, counts.length - chosen);
  const expected = sum(best, 'expected');
  // Half a request more on both sides: a level of nothing at all would make any single failure infinite.
  const level = expected > 0 ? (sum(best, 'observed') + 0.5) / (expected + 0.5) : 1;
  const scaled = ({ observed, expected: before }: NodeCounts): NodeCounts => ({
    observed,
    expected: before * level,
  });
  return { all: counts.map(scaled), rest: best.map(scaled) };
};

const excess = ({ observed, expected }: NodeCounts): number => (observed + 0.5) / (expected + 0.5);

/** Variance of the nodes' rates around their expectation, in squares of it, less what counting explains. */
const nodeVariance = (cohorts: readonly (readonly NodeCounts[])[]): number => {
  let spread = 0;
  let weight = 0;
  for (const { observed, expected } of cohorts.flat()) {
    spread += (observed - expected) ** 2 - expected;
    weight += expected ** 2;
  }
  // Next to nothing expected says nothing of how nodes differ.
  return weight > 1e-6 ? Math.min(MAX_VARIANCE, spread / weight) : 0;
};

const sum = (counts: readonly NodeCounts[], part: keyof NodeCounts): number =>
  counts.reduce((total, node) => total + node[part], 0);

/**
 * The statistic of one assignment: half for a harm of all cohorts, half for a harm of one of them,
 * each mixed over the ratios. Where only one cohort is harmed, all assignments with the same nodes of
 * that cohort would be equal, and equals count against a Fail: the excess of all cohorts orders them.
 * @param sums for each cohort the evidence of its chosen nodes added up, by ratio
 * @param excess of all chosen nodes, added up
 */
export const harmStatistic = (sums: readonly Float64Array[], excess: number): number => {
  // In logarithms throughout: the evidence of hundreds of nodes is beyond what exp() can hold.
  let highest = Number.NEGATIVE_INFINITY;
  const totals = new Float64Array(RATIOS.length);
  for (let r = 0; r < RATIOS.length; r += 1) {
    let total = 0;
    for (const cohort of sums) {
      const score = cohort[r] ?? 0;
      total += score;
      if (score > highest) highest = score;
    }
    totals[r] = total;
    if (total > highest) highest = total;
  }
  let mixed = 0;
  for (const [r, [, weight]] of RATIOS.entries()) {
    mixed += (weight / 2) * Math.exp((totals[r] ?? 0) - highest);
    for (const cohort of sums) mixed += (weight / (2 * sums.length)) * Math.exp((cohort[r] ?? 0) - highest);
  }
  return highest + Math.log(mixed) + ORDERING * excess;
};

export const RATIO_COUNT = RATIOS.length;
