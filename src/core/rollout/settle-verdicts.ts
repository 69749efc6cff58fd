import { reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import { verdictsOf } from './memory.ts';
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

/** Whether a look saw the data of its window: one that found none has learnt nothing and spent nothing. */
export function sawData({ verdict, reason: code }: CohortVerdict): boolean {
  return verdict !== 'Undecided' || LOOKED.has(code);
}

/** The one that people should read: what looks like harm before what lacks data, and what only waits for others last. */
export function mostTelling(verdicts: readonly CohortVerdict[]): CohortVerdict | undefined {
  // Sorting is stable: of equals the first.
  return verdicts.toSorted((a, b) => telling(b) - telling(a))[0];
}

function telling({ verdict, reason: code, estimate = 0, margin = 0 }: CohortVerdict): number {
  if (verdict === 'Fail') return 4;
  if (verdict === 'Pass') return -1;
  if (code === 'HarmElsewhere') return 0;
  if (code === 'HarmNotProven') return 3;
  return 1 + (margin > 0 ? Math.min(1, Math.max(0, estimate / margin)) : 0);
}

/**
 * What the verdicts of one look come to. A Fail of any metric in any cohort fails. Where a cohort has no control
 * nodes left (the last wave) a metric that compares has nothing to say; it passes there on the Pass that the
 * same metric had in an earlier wave of this attempt, and only then.
 *
 * @param wave `last`: it leaves no control nodes. `first`: nothing is stable yet, so that nothing can be compared; a
 *   named exception, judged by what speaks for itself (absolute bounds, the health of pods)
 */
export function settleVerdicts(
  memory: CandidateMemory,
  verdicts: readonly CohortVerdict[],
  wave: { readonly last: boolean; readonly first: boolean },
): Settled {
  if (verdicts.some(({ verdict }) => verdict === 'Fail')) return { kind: 'Fail' };
  const earlier = new Set(
    memory.walks
      .flatMap(({ steps }) => steps)
      .filter(({ passed }) => passed?.by === 'Judge')
      .flatMap(verdictsOf)
      .filter(({ verdict }) => verdict === 'Pass')
      .map(({ metric }) => metric),
  );
  const open = verdicts.filter(
    ({ verdict, reason: code, metric }) =>
      verdict === 'Undecided' &&
      !(code === 'NoControls' && (wave.first || (wave.last && earlier.has(metric)))),
  );
  const worst = mostTelling(open);
  if (worst !== undefined) {
    const text = `metric ${worst.metric} in cohort ${worst.cohort}: ${worst.message}`;
    return {
      kind: 'Undecided',
      reason: reason(worst.reason, text),
      looked: open.every(sawData),
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
