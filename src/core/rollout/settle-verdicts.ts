import { reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { CandidateMemory, CohortVerdict } from './memory.ts';

export type Settled =
  | { readonly kind: 'Pass' }
  | { readonly kind: 'Fail' }
  /** `looked`: the test saw its data, so that the look has spent its share of the error rate. */
  | { readonly kind: 'Undecided'; readonly reason: Reason; readonly looked: boolean };

/** Reasons with which a test has seen its data and found that they do not decide. */
const LOOKED = new Set([
  'HarmNotRuledOut',
  'HarmNotProven',
  'HarmElsewhere',
  'BoundNotDecided',
  'ControlsBreakBound',
  'ControlsUnhealthy',
  'TooFewRequests',
]);

/**
 * What the verdicts of one look come to. A Fail of any metric in any cohort fails. Where a cohort has no control
 * nodes left (the last wave) a metric that compares has nothing to say; it passes there on the Pass that the
 * same metric had in an earlier wave of this attempt, and only then.
 */
export function settleVerdicts(memory: CandidateMemory, verdicts: readonly CohortVerdict[]): Settled {
  if (verdicts.some(({ verdict }) => verdict === 'Fail')) return { kind: 'Fail' };
  const earlier = new Set(
    memory.walks
      .flatMap(({ steps }) => steps)
      .filter(({ passed }) => passed?.by === 'Judge')
      .flatMap(({ windows }) => windows.flatMap((window) => window.verdicts ?? []))
      .filter(({ verdict }) => verdict === 'Pass')
      .map(({ metric }) => metric),
  );
  const open = verdicts.filter(
    ({ verdict, reason: code, metric }) =>
      verdict === 'Undecided' && !(code === 'NoControls' && earlier.has(metric)),
  );
  const first = open[0];
  if (first !== undefined) {
    const text = `metric ${first.metric} in cohort ${first.cohort}: ${first.message}`;
    return {
      kind: 'Undecided',
      reason: reason(first.reason, text),
      looked: open.every((each) => LOOKED.has(each.reason)),
    };
  }
  if (verdicts.length === 0) {
    return {
      kind: 'Undecided',
      reason: reason('NoVerdict', 'no metric speaks of the nodes of this wave'),
      looked: false,
    };
  }
  return { kind: 'Pass' };
}
