import { normalQuantile } from './beta.ts';
import type { RatioInquiry } from './inquiry.ts';
import { percent, probability, signedPercent } from './phrase.ts';
import { interval } from './rate-difference.ts';
import { alphaShares } from './ratio-bound.ts';
import type { Comparison } from './ratio-cohort.ts';
import type { PoolCohort, PooledTest } from './ratio-pool.ts';
import { PASS_LEVEL } from './ratio-pool.ts';
import type { Verdict } from './verdict.ts';

/** Nearer to the margin than to nothing: by its own evidence the cohort is harmed rather than not. */
export const favoursHarm = ({ difference, margin }: Comparison): boolean => 2 * difference.estimate >= margin;

export interface PooledLook {
  readonly test: PooledTest;
  /** Names of all cohorts of the look whose own evidence is for the harm. */
  readonly suspects: readonly string[];
}

/** What a pooled look says of one of its cohorts. */
export const pooledVerdict = (
  cohort: PoolCohort,
  { test, suspects }: PooledLook,
  bound: Verdict | undefined,
  { rule, window, alpha, cohorts }: RatioInquiry,
): Verdict => {
  const allowed = alphaShares(rule, alpha).comparison;
  const { difference, margin } = cohort.comparison;
  const { estimate } = difference;
  const base = {
    metric: rule.name,
    estimate,
    ...(cohorts.length === 1 ? inverted(test, cohort.comparison) : interval(difference)),
    margin,
    nodes: cohort.candidates.length,
    controls: cohort.controls.length,
    samples: Math.round(cohort.requests),
    window: { from: window.from, to: window.to },
    test: test.name,
    detectable: Math.max(margin, (normalQuantile(1 - allowed) + normalQuantile(0.8)) * test.error * margin),
  };
  const rates = `${percent(difference.candidates)} of the candidates' requests are bad and ${percent(difference.controls)} of the controls': ${signedPercent(estimate)}, tolerated ${signedPercent(margin)}`;
  const chance = `such a draw has p = ${probability(test.harm)} without harm`;
  const pooled = `the cohorts together are at most ${test.upper.toFixed(2)} times the margin worse`;

  if (test.harm <= allowed && estimate > margin) {
    return {
      ...base,
      verdict: 'Fail',
      reason: 'HarmBeyondMargin',
      message: `${rates}; ${chance}, and ${probability(allowed)} is enough`,
    };
  }
  if (bound?.verdict === 'Fail') return bound;
  if (estimate > margin) {
    return {
      ...base,
      verdict: 'Undecided',
      reason: 'HarmNotProven',
      message: `${rates}; that looks like harm, but ${chance}, and ${probability(allowed)} is needed`,
    };
  }
  if (favoursHarm(cohort.comparison)) {
    return {
      ...base,
      verdict: 'Undecided',
      reason: 'HarmNotRuledOut',
      message: `${rates}; by itself this cohort is nearer to the margin than to no harm`,
    };
  }
  if (suspects.length > 0) {
    return {
      ...base,
      verdict: 'Undecided',
      reason: 'HarmElsewhere',
      message: `${rates}; the cohorts are judged together, and ${suspects.join(', ')} may be harmed`,
    };
  }
  if (test.atMargin > PASS_LEVEL) {
    return {
      ...base,
      verdict: 'Undecided',
      reason: 'HarmNotRuledOut',
      message: `${rates}; ${pooled}: a longer soak, more nodes or a wider margin would decide`,
    };
  }
  if (bound?.reason === 'BoundNotDecided' && rule.max !== undefined && (bound.estimate ?? 1) > rule.max)
    return bound;
  return {
    ...base,
    verdict: 'Pass',
    reason: 'WithinMargin',
    message: `${rates}; ${pooled} (p = ${probability(test.atMargin)})`,
  };
};

/** The inverted test of one cohort alone; the test curbs outbursts and the estimate does not, so that it is kept within. */
const inverted = (
  test: PooledTest,
  { difference, margin }: Comparison,
): { readonly lower: number; readonly upper: number } => ({
  lower: Math.min(difference.estimate, test.lower * margin),
  upper: Math.max(difference.estimate, test.upper * margin),
});
