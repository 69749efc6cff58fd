import { choose, countAssignments, referenceSet } from './assignments.ts';
import type { Stratum } from './assignments.ts';
import { expectedCounts } from './expected-counts.ts';
import { harmTest } from './harm-test.ts';
import type { MarginCohort } from './margin-test.ts';
import { marginLimit, marginTest } from './margin-test.ts';
import type { Comparison, RatioCohort } from './ratio-cohort.ts';
import { testName } from './test-name.ts';
import { nodeRate } from './ratio-cohort.ts';

/** A harm of at least the margin is ruled out at this level, and each end of an interval is at it. */
export const PASS_LEVEL = 0.05;
/** With fewer nodes an exact test decides almost nothing. */
const MIN_NODES = 10;

export interface PoolCohort extends RatioCohort {
  readonly comparison: Comparison;
}

/** What the cohorts that walk together say in one look. All differences are in margins: each cohort's own is 1. */
export interface PooledTest {
  readonly kind: 'tested';
  /** "Randomisation(exact, 1140 assignments)". */
  readonly name: string;
  /** p-value of no harm. */
  readonly harm: number;
  /** p-value of a harm of the margin. */
  readonly atMargin: number;
  readonly estimate: number;
  readonly error: number;
  /** 95 % limits, each by itself. */
  readonly lower: number;
  readonly upper: number;
}

export interface NoTest {
  readonly kind: 'off';
  readonly nodes: number;
  readonly assignments: number;
  readonly message: string;
}

/** One look at the pooled cohorts, or why the draw is too small for a false-rollback rate of `alpha`. */
export const poolTest = (
  cohorts: readonly PoolCohort[],
  alpha: number,
  seed: string,
): PooledTest | NoTest => {
  const strata = cohorts.map(({ candidates, controls }): Stratum => ({
    size: candidates.length + controls.length,
    chosen: candidates.length,
  }));
  const nodes = strata.reduce((sum, { size }) => sum + size, 0);
  const assignments = cohorts.length === 0 ? 0 : countAssignments(strata);
  if (nodes < MIN_NODES)
    return {
      kind: 'off',
      nodes,
      assignments,
      message: `${nodes} nodes have evidence that counts, the randomisation test needs ${MIN_NODES}`,
    };
  if (assignments < 1 / alpha) {
    return {
      kind: 'off',
      nodes,
      assignments,
      message: `the wave could have been drawn in ${assignments} ways, a false-rollback rate of ${alpha} of this look needs ${Math.ceil(1 / alpha)}: ${larger(strata, alpha)}`,
    };
  }
  // Within a stratum the candidates come first; which numbers they have means nothing to the tests.
  const real = strata.map(({ chosen }) => Array.from({ length: chosen }, (_, i) => i));
  const reference = referenceSet(strata, real, seed, { alpha });
  const scored = cohorts.map(({ candidates, controls }) => ({
    counts: expectedCounts([...candidates, ...controls]),
    chosen: candidates.length,
  }));
  const harm = harmTest(scored, strata, reference);
  const margins = cohorts.map(marginCohort);
  const pAt = (multiple: number): number => marginTest(margins, reference, multiple);
  const { estimate, error } = combine(cohorts);
  const atMargin = pAt(1);
  return {
    kind: 'tested',
    name: testName(cohorts, reference),
    harm,
    atMargin,
    estimate,
    error,
    ...limits(pAt, estimate, error, atMargin <= PASS_LEVEL),
  };
};

const marginCohort = ({ candidates, controls, comparison }: PoolCohort): MarginCohort => ({
  nodes: [...candidates, ...controls].map(nodeRate),
  candidates: candidates.map((_, i) => i),
  margin: comparison.margin,
});

/** Difference in margins, cohorts weighed by their precision. */
const combine = (cohorts: readonly PoolCohort[]): { readonly estimate: number; readonly error: number } => {
  let weight = 0;
  let sum = 0;
  for (const { comparison } of cohorts) {
    const { difference, margin } = comparison;
    const precision = (margin / difference.error) ** 2;
    weight += precision;
    sum += (precision * difference.estimate) / margin;
  }
  return { estimate: sum / weight, error: 1 / Math.sqrt(weight) };
};

/** Ends of the interval by inverting the margin test; the upper end is on the side of 1 that `ruledOut` says. */
const limits = (
  pAt: (multiple: number) => number,
  estimate: number,
  error: number,
  ruledOut: boolean,
): { readonly lower: number; readonly upper: number } => {
  const reach = 12 * error;
  const upper = ruledOut
    ? marginLimit(pAt, PASS_LEVEL, Math.min(estimate, 1) - reach, 1)
    : marginLimit(pAt, PASS_LEVEL, 1, Math.max(estimate, 1) + reach);
  const lower = marginLimit(pAt, 1 - PASS_LEVEL, estimate - reach, estimate + reach);
  return { lower: Math.min(lower, upper), upper };
};

/** What would make the draw large enough. */
const larger = (strata: readonly Stratum[], alpha: number): string => {
  const [only] = strata;
  if (strata.length !== 1 || only === undefined) return 'make the wave larger';
  for (let chosen = only.chosen + 1; chosen <= only.size / 2; chosen += 1) {
    if (choose(only.size, chosen) >= 1 / alpha)
      return `a wave of ${chosen} of these ${only.size} nodes would do`;
  }
  return `these ${only.size} nodes are too few for any wave`;
};
