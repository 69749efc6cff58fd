import { listSome, reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { AdvanceInput, Advance } from './advance-outcome.ts';
import { wait } from './advance-outcome.ts';
import { retryEvery } from './look.ts';
import { rosterOf, withStep } from './memory.ts';
import type { CandidateMemory, CohortVerdict, SoakWindow, WaveStep } from './memory.ts';
import { failsTo, metricName } from './metric-rule.ts';
import { passed } from './passed.ts';
import { setAsideUnmeasured, unmeasuredFrom } from './set-aside-unmeasured.ts';
import { settleVerdicts } from './settle-verdicts.ts';
import type { Settled } from './settle-verdicts.ts';
import { withTrialVerdicts } from './trial-look.ts';
import type { TrialLook } from './trial-look.ts';
import type { WaveProgress } from './wave-progress.ts';

/** What was said of a wave whose soak is over. */
export interface Said {
  readonly window: SoakWindow;
  /** Of what is judged over the whole window. */
  readonly verdicts: readonly CohortVerdict[];
  readonly trial: Extract<TrialLook, { kind: 'None' | 'Looked' }>;
}

export function settle(
  { memory, first }: Pick<AdvanceInput, 'memory' | 'first'>,
  step: WaveStep,
  verdicts: readonly CohortVerdict[],
): Settled {
  return settleVerdicts(memory, verdicts, { first, last: step.index === memory.waves.length - 1 });
}

export function conclude(
  input: AdvanceInput,
  step: WaveStep,
  { window, verdicts, trial }: Said,
  progress: ReadonlyMap<string, WaveProgress>,
  soakMs: number,
): Advance {
  const { memory, now } = input;
  const all = trial.kind === 'Looked' ? [...verdicts, ...trial.verdicts] : verdicts;
  const nextAt = trial.kind === 'Looked' ? trial.nextAt : undefined;
  // The look that is due may be an hour away where a soak is longer than inconclusiveAfter.
  const early = trial.kind === 'Looked' && !sawSoak(memory, trial.minute, soakMs);
  const settled = early ? TOO_EARLY : settle(input, step, all);
  const remembered = (): WaveStep =>
    window.verdicts === undefined
      ? { ...step, windows: [...step.windows.slice(0, -1), { ...window, verdicts }] }
      : step;
  switch (settled.kind) {
    case 'Pass':
      return passed(
        input,
        trial.kind === 'Looked' ? withTrialVerdicts(remembered(), trial.verdicts) : remembered(),
        'Judge',
      );
    case 'Fail':
      return { kind: 'Remember', memory: withStep(memory, remembered()), event: undefined };
    case 'Undecided': {
      // From when it could first be measured: a wave may wait for days until its nodes may change.
      const waited = now - Math.max(Date.parse(step.startedAt), step.windows[0]?.from ?? 0);
      if (input.settings.onInconclusive === 'Revert' && waited > input.settings.inconclusiveAfterMs) {
        return {
          kind: 'Remember',
          memory: { ...memory, ended: { at: new Date(now).toISOString(), how: 'Inconclusive' } },
          event: reason('Inconclusive', settled.reason.message),
        };
      }
      const aside = setAsideUnmeasured(input, step, all);
      if (aside !== undefined) return aside;
      const ofWindow =
        trial.kind === 'Looked' && verdicts.length === 0 ? PASSED : settle(input, step, verdicts);
      // A look that saw its data has spent its share; another one needs new data. Without data the same window is
      // asked again for one more soak, because data from the edge comes late, and then a fresh one is opened.
      if (ofWindow.kind === 'Undecided' && (ofWindow.looked || now > window.to + soakMs + retryEvery(memory)))
        return { kind: 'Remember', memory: withStep(memory, remembered()), event: settled.reason };
      // What passed over the window waits for the sequential judge, which goes on looking.
      if (ofWindow.kind === 'Pass' && verdicts.length > 0 && window.verdicts === undefined)
        return { kind: 'Remember', memory: withStep(memory, remembered()), event: undefined };
      const retryAt = ofWindow.kind === 'Pass' ? Infinity : now + retryEvery(memory);
      return wait('Holding', withAway(input, settled.reason), {
        until: Math.min(retryAt, ...later(now, nextAt, unmeasuredFrom(input, step))),
        cohorts: progress,
        verdicts: all,
      });
    }
  }
}

function later(now: number, ...at: readonly (number | undefined)[]): readonly number[] {
  return at.filter((one) => one !== undefined).filter((one) => one > now);
}

const PASSED: Settled = { kind: 'Pass' };
const TOO_EARLY: Settled = {
  kind: 'Undecided',
  reason: reason('Soaking', 'the soak is over, and the judge has not seen all of it yet'),
  looked: false,
};

function sawSoak(memory: CandidateMemory, minute: number | undefined, soakMs: number): boolean {
  return minute !== undefined && minute >= Math.ceil(soakMs / memory.analysis.resolutionMs);
}

/** Nodes of the candidate that went dark are the likeliest cause of missing data: a person should not have to look for them. */
function withAway({ memory, states }: AdvanceInput, why: Reason): Reason {
  const names = [...rosterOf(memory).values()].flatMap((roster) => [...roster]);
  const away = names.filter((name) => {
    const state = states.get(name);
    return state?.phase === 'Offline' && state.targetPod?.revision === memory.revision;
  });
  return away.length === 0
    ? why
    : reason(why.code, `${why.message}; offline with the candidate: ${listSome(away)}`);
}

export function failed(
  input: AdvanceInput,
  verdicts: readonly CohortVerdict[],
  progress: ReadonlyMap<string, WaveProgress>,
): Advance {
  const { memory, settings } = input;
  const fails = verdicts.filter(({ verdict }) => verdict === 'Fail');
  const metric = (name: string) => memory.metrics.find((each) => metricName(each) === name);
  const grave = fails.find((each) => {
    const found = metric(each.metric);
    return found === undefined || failsTo(found) === 'Rollback';
  });
  const worst = grave ?? fails[0];
  const why = reason(
    worst?.reason ?? 'Failed',
    `metric ${worst?.metric ?? ''} in cohort ${worst?.cohort ?? ''}: ${worst?.message ?? ''}`,
  );
  if (settings.onFailure === 'Pause' || grave === undefined) {
    return wait(
      'Paused',
      reason(why.code, `${why.message}; a person decides: abort it, or retry with a corrected revision`),
      { cohorts: progress, verdicts },
    );
  }
  return {
    kind: 'Reject',
    cohort: settings.failureScope === 'Cohort' ? (worst?.cohort ?? '*') : '*',
    reason: why,
  };
}
