import type { CohortVerdicts, RatioInquiry } from './inquiry.ts';
import { samplesByKey } from './node-series.ts';
import { alphaShares, boundVerdict } from './ratio-bound.ts';
import type { RatioCohort } from './ratio-cohort.ts';
import { ratioCohort } from './ratio-cohort.ts';
import type { NoTest, PoolCohort, PooledTest } from './ratio-pool.ts';
import { poolTest } from './ratio-pool.ts';
import { favoursHarm, pooledVerdict } from './ratio-verdict.ts';
import type { Counted } from './undecided.ts';
import { allUndecided, undecided } from './undecided.ts';
import type { Verdict } from './verdict.ts';

/**
 * One look at a ratio at the end of a soak: the randomisation test over the wave's own draw for the
 * cohorts that walk together, and the absolute bound of each where the rule has one.
 */
export const judgeRatio = (inquiry: RatioInquiry): CohortVerdicts => {
  const { rule, cohorts, window, evidence, alpha, seed } = inquiry;
  if (evidence.kind === 'unavailable') return allUndecided(inquiry, cohorts, evidence);
  const samples = samplesByKey(evidence.samples);
  const judged = cohorts.map((arms) => ratioCohort(arms, samples, rule, window, evidence.scrapesPerSample));
  const shares = alphaShares(rule, alpha);
  const comparable = judged.filter(isComparable);
  const test = poolTest(comparable, shares.comparison, seed);
  const suspects = comparable
    .filter(({ gap, comparison }) => gap === undefined && favoursHarm(comparison))
    .map(({ arms }) => arms.name);

  const verdictOf = (cohort: RatioCohort): Verdict => {
    if (cohort.gap !== undefined) return undecided(inquiry, cohort.gap, countedOf(cohort));
    const bound = boundVerdict(cohort, inquiry, shares.bound / cohorts.length);
    if (cohort.controlGap === undefined && isComparable(cohort) && test.kind === 'tested') {
      return pooledVerdict(cohort, { test, suspects }, bound, inquiry);
    }
    return bound ?? withoutTest(cohort, test, inquiry);
  };
  return new Map(judged.map((cohort) => [cohort.arms.name, verdictOf(cohort)]));
};

const isComparable = (cohort: RatioCohort): cohort is PoolCohort => cohort.comparison !== undefined;

const withoutTest = (cohort: RatioCohort, test: PooledTest | NoTest, inquiry: RatioInquiry): Verdict => {
  const { reason, message } = cohort.controlGap ?? {
    reason: 'TooFewNodes' as const,
    message: test.kind === 'off' ? test.message : 'no node of this cohort counts',
  };
  return undecided(
    inquiry,
    {
      reason,
      message: `${message}; only an absolute bound (max) could decide here, and the metric has none`,
    },
    countedOf(cohort),
  );
};

const countedOf = ({ candidates, controls, requests }: RatioCohort): Counted => ({
  nodes: candidates.length,
  controls: controls.length,
  samples: Math.round(requests),
});
