import { alphaShares, boundVerdict } from './ratio-bound.ts';
import type { CohortVerdicts, RatioInquiry } from './inquiry.ts';
import { samplesByKey } from './node-series.ts';
import type { PoolCohort } from './ratio-pool.ts';
import { poolTest } from './ratio-pool.ts';
import type { RatioCohort } from './ratio-cohort.ts';
import { ratioCohort } from './ratio-cohort.ts';
import { favoursHarm, pooledVerdict } from './ratio-verdict.ts';
import type { UndecidedReason, Verdict } from './verdict.ts';

/**
 * One look at a ratio at the end of a soak: the randomisation test over the wave's own draw for the
 * cohorts that walk together, and the absolute bound of each where the rule has one.
 */
export const judgeRatio = (inquiry: RatioInquiry): CohortVerdicts => {
  const { rule, cohorts, window, evidence, alpha, seed } = inquiry;
  if (evidence.kind === 'unavailable') {
    return new Map(
      cohorts.map((arms) => [arms.name, withoutEvidence(inquiry, evidence.reason, evidence.message)]),
    );
  }
  const samples = samplesByKey(evidence.samples);
  const judged = cohorts.map((arms) => ratioCohort(arms, samples, rule, window, evidence.scrapesPerSample));
  const shares = alphaShares(rule, alpha);
  const test = poolTest(judged.filter(isComparable), shares.comparison, seed);
  const suspects = judged
    .filter((cohort) => isComparable(cohort) && cohort.gap === undefined && favoursHarm(cohort.comparison))
    .map(({ arms }) => arms.name);
  const verdictOf = (cohort: RatioCohort): Verdict => {
    if (cohort.gap !== undefined)
      return withoutEvidence(inquiry, cohort.gap.reason, cohort.gap.message, cohort);
    const bound = boundVerdict(cohort, inquiry, shares.bound / cohorts.length);
    if (cohort.controlGap === undefined && isComparable(cohort) && test.kind === 'tested') {
      return pooledVerdict(cohort, { test, suspects }, bound, inquiry);
    }
    if (bound !== undefined) return bound;
    const why = cohort.controlGap ?? {
      reason: 'TooFewNodes' as const,
      message: test.kind === 'off' ? test.message : 'no node counts',
    };
    return withoutEvidence(
      inquiry,
      why.reason,
      `${why.message}; without an absolute bound (max) nothing else can decide`,
      cohort,
    );
  };
  return new Map(judged.map((cohort) => [cohort.arms.name, verdictOf(cohort)]));
};

const isComparable = (cohort: RatioCohort): cohort is PoolCohort => cohort.comparison !== undefined;

const withoutEvidence = (
  { rule, window }: RatioInquiry,
  reason: UndecidedReason,
  message: string,
  cohort?: RatioCohort,
): Verdict => ({
  metric: rule.name,
  verdict: 'Undecided',
  reason,
  message,
  nodes: cohort?.candidates.length ?? 0,
  controls: cohort?.controls.length ?? 0,
  samples: Math.round(cohort?.requests ?? 0),
  window: { from: window.from, to: window.to },
  test: 'None',
});
