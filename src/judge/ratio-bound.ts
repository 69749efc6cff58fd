import { rateLimits } from './absolute-bound.ts';
import type { RatioInquiry } from './inquiry.ts';
import { percent } from './phrase.ts';
import type { RatioCohort } from './ratio-cohort.ts';
import { PASS_LEVEL } from './ratio-pool.ts';
import type { RatioRule } from './rule.ts';
import type { Verdict } from './verdict.ts';

/** Share of alpha that the absolute bound has where there is one. */
const BOUND_SHARE = 0.05;

/** How the two ways to fail share alpha; most of it is the comparison's, whose p-values come in steps. */
export const alphaShares = (
  rule: RatioRule,
  alpha: number,
): { readonly comparison: number; readonly bound: number } => {
  const bound = rule.max === undefined ? 0 : alpha * BOUND_SHARE;
  return { comparison: alpha - bound, bound };
};

/**
 * The candidates' rate against `max`; undefined where the rule has none. A bound that the control
 * nodes break as well says nothing about the candidate.
 * @param alpha chance that a rate of `max` is called broken
 */
export const boundVerdict = (
  cohort: RatioCohort,
  { rule, window }: RatioInquiry,
  alpha: number,
): Verdict | undefined => {
  const { max } = rule;
  if (max === undefined) return undefined;
  const { rate, lower, upper } = rateLimits(cohort.candidates, { lower: alpha, upper: PASS_LEVEL });
  // Outliers are curbed there: one burning control node excuses nobody.
  const controls = cohort.comparison?.difference.controls;
  const base = {
    metric: rule.name,
    estimate: rate,
    lower,
    upper,
    margin: max,
    nodes: cohort.candidates.length,
    controls: cohort.controls.length,
    samples: Math.round(cohort.requests),
    window: { from: window.from, to: window.to },
    test: 'AbsoluteBound',
  };
  const numbers = `${percent(rate)} of the candidates' requests are bad (between ${percent(lower)} and ${percent(upper)}), the bound is ${percent(max)}`;
  if (controls !== undefined && controls > max) {
    return {
      ...base,
      verdict: 'Undecided',
      reason: 'ControlsBreakBound',
      message: `${numbers}; the control nodes break it too with ${percent(controls)}`,
    };
  }
  if (lower > max) return { ...base, verdict: 'Fail', reason: 'BoundBroken', message: numbers };
  if (upper < max) return { ...base, verdict: 'Pass', reason: 'WithinBound', message: numbers };
  return {
    ...base,
    verdict: 'Undecided',
    reason: 'BoundNotDecided',
    message: `${numbers}: too close to tell with these requests`,
  };
};
