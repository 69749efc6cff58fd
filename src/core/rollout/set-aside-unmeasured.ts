import { prometheusTiming } from '../../api/prometheus-settings.ts';
import { listSome } from '../reason.ts';
import type { Advance, AdvanceInput } from './advance-outcome.ts';
import { currentWalk } from './memory.ts';
import type { CohortVerdict, SetAsideCohort, WaveStep } from './memory.ts';
import { withoutCohorts } from './set-aside.ts';

/** The data of the cohort are not there: more time with the others does not bring them. */
const NO_EVIDENCE = new Set<string>([
  'NoCandidates',
  'NoData',
  'NoCandidateData',
  'NoControlData',
  'StaleData',
  'PartialData',
  'ResolutionTooFine',
  'BadExceedsTotal',
]);

/** From when on the others go on without a cohort that has no evidence, ms: a soak and a progressDeadline after the window began. */
export function unmeasuredFrom(
  { memory, settings, prometheus }: Pick<AdvanceInput, 'memory' | 'settings' | 'prometheus'>,
  { windows }: WaveStep,
): number {
  const timing = prometheusTiming(prometheus, memory.analysis.resolutionMs);
  return (windows[0]?.to ?? Infinity) + timing.queryDelayMs + settings.limits.progressDeadlineMs;
}

/**
 * Cohorts without evidence, where every other cohort has some: those go on without them. Where none has any there is
 * nothing to be gained, and the walk waits for data as it is.
 */
export function setAsideUnmeasured(
  input: AdvanceInput,
  step: WaveStep,
  verdicts: readonly CohortVerdict[],
): Advance | undefined {
  const walk = currentWalk(input.memory);
  if (walk === undefined || input.settings.paused || input.now < unmeasuredFrom(input, step))
    return undefined;
  const byCohort = Map.groupBy(verdicts, ({ cohort }) => cohort);
  const without = [...byCohort].flatMap(([cohort, own]) => {
    const open = own.filter(({ verdict, reason }) => verdict === 'Undecided' && NO_EVIDENCE.has(reason));
    const [worst] = open;
    if (worst === undefined) return [];
    const note: SetAsideCohort = {
      at: new Date(input.now).toISOString(),
      code: worst.reason,
      message: `metric ${listSome(
        open.map(({ metric }) => metric),
        3,
      )}: ${worst.message}`,
    };
    return [[cohort, note] as const];
  });
  if (without.length === 0 || without.length === byCohort.size) return undefined;
  return withoutCohorts(input, walk, without);
}
