import { listSome, reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { AdvanceInput, Advance } from './advance-outcome.ts';
import { wait } from './advance-outcome.ts';
import { retryEvery } from './look.ts';
import { rosterOf, withStep } from './memory.ts';
import type { CohortVerdict, SoakWindow, WaveStep } from './memory.ts';
import { failsTo, metricName } from './metric-rule.ts';
import { passed } from './passed.ts';
import { settleVerdicts } from './settle-verdicts.ts';
import type { WaveProgress } from './wave-progress.ts';

export function conclude(
  input: AdvanceInput,
  step: WaveStep,
  window: SoakWindow,
  verdicts: readonly CohortVerdict[],
  progress: ReadonlyMap<string, WaveProgress>,
  soakMs: number,
): Advance {
  const { memory, now } = input;
  const settled = settleVerdicts(memory, verdicts, {
    first: input.first,
    last: step.index === memory.waves.length - 1,
  });
  const remembered = (): WaveStep => ({
    ...step,
    windows: [...step.windows.slice(0, -1), { ...window, verdicts }],
  });
  switch (settled.kind) {
    case 'Pass':
      return passed(input, remembered(), 'Judge');
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
      // A look that saw its data has spent its share; another one needs new data. Without data the same window is
      // asked again for one more soak, because data from the edge comes late, and then a fresh one is opened.
      if (settled.looked || now > window.to + soakMs + retryEvery(memory)) {
        return { kind: 'Remember', memory: withStep(memory, remembered()), event: settled.reason };
      }
      return wait('Holding', withAway(input, settled.reason), {
        until: now + retryEvery(memory),
        cohorts: progress,
        verdicts,
      });
    }
  }
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
