import { prometheusTiming } from '../../api/prometheus-settings.ts';
import type { Surveyed } from '../fleet/survey.ts';
import { reason } from '../reason.ts';
import type { AdvanceInput, Advance } from './advance-outcome.ts';
import { wait } from './advance-outcome.ts';
import { conclude, failed } from './conclude.ts';
import { look, restartsOf } from './look.ts';
import { withStep } from './memory.ts';
import type { WaveStep } from './memory.ts';
import { passed } from './passed.ts';
import { nextDarkness } from './set-aside.ts';
import type { WaveProgress } from './wave-progress.ts';

export function soak(
  input: AdvanceInput,
  step: WaveStep,
  walking: ReadonlyMap<string, readonly Surveyed[]>,
  progress: ReadonlyMap<string, WaveProgress>,
): Advance {
  const { memory, now, decisions } = input;
  const wave = memory.waves[step.index];
  const name = wave?.name ?? '';
  const window = step.windows.at(-1);
  // Not of cohorts that went back on their own since.
  const seen = window?.verdicts?.filter(({ cohort }) => walking.has(cohort));
  const failing = seen?.some(({ verdict }) => verdict === 'Fail') ?? false;
  // Before all that may hold: harm that was found does not wait for a node that is stuck.
  if (seen !== undefined && failing) return failed(input, seen, progress);
  if (decisions.promotes(memory.revision, memory.attempt, name))
    return passed(input, step, 'PromotedByPerson');

  const stuck =
    [...progress.values()].find(({ kind }) => kind === 'Holding') ??
    [...progress.values()].find(({ kind }) => kind === 'Waiting');
  // Nothing is measured behind the last wave: what is complete there does not wait for a cohort that is stuck.
  const each = [...progress.values()].map(({ kind }) => kind);
  const settling = each.includes('Serving') && !each.includes('Waiting');
  if (wave?.soakMs === 0 && step.index === memory.waves.length - 1 && settling)
    return passed(input, step, 'NoSoak');
  if (stuck !== undefined && stuck.kind !== 'Serving') {
    if (window === undefined || stuck.kind === 'Holding') {
      const phase =
        stuck.reason.code === 'Paused' ? 'Paused' : stuck.kind === 'Holding' ? 'Holding' : 'Progressing';
      return wait(phase, stuck.reason, {
        ...until(input, progress),
        cohorts: progress,
        verdicts: window?.verdicts,
      });
    }
  }
  if (wave === undefined || wave.soakMs === 0) return passed(input, step, 'NoSoak');

  // A node that went dark a moment ago, where that would decide: no look before it is known what became of it.
  const unsettled = [...progress.values()].find(
    (each) => each.kind === 'Waiting' && each.until !== undefined,
  );

  if (window === undefined) return openWindow(input, step, progress, wave.soakMs);
  const timing = prometheusTiming(input.prometheus, memory.analysis.resolutionMs);
  const due = window.to + timing.queryDelayMs;
  if (now < due) {
    return wait(
      'Soaking',
      reason(
        'Soaking',
        `wave ${name} is measured until ${new Date(window.to).toISOString()}${lookBefore(step)}`,
      ),
      { until: due, cohorts: progress, verdicts: step.windows.at(-2)?.verdicts },
    );
  }
  if (unsettled?.kind === 'Waiting')
    return wait('Soaking', unsettled.reason, { ...until(input, progress), cohorts: progress });
  if (window.verdicts !== undefined) return openWindow(input, step, progress, wave.soakMs);

  const cohorts = [...walking.keys()].filter((cohort) => (step.cohorts[cohort]?.nodes.length ?? 0) > 0);
  const looked = look({ ...input, step, window, cohorts });
  if (looked.kind === 'Need') return looked;
  return conclude(input, step, window, looked.verdicts, progress, wave.soakMs);
}

function until(
  input: AdvanceInput,
  progress: ReadonlyMap<string, WaveProgress>,
): { readonly until?: number } {
  const at = nextDarkness(input, progress);
  return at === undefined ? {} : { until: at };
}

/** What the look before this window missed, so that a repeated soak explains itself. */
function lookBefore({ windows }: WaveStep): string {
  const open = windows.at(-2)?.verdicts?.find(({ verdict }) => verdict === 'Undecided');
  return open === undefined
    ? ''
    : `; the look before said ${open.reason} of metric ${open.metric} in cohort ${open.cohort}: ${open.message}`;
}

/** The first minute of a window lies ahead when it is written down, so that nobody can choose it by its data. */
function openWindow(
  input: AdvanceInput,
  step: WaveStep,
  progress: ReadonlyMap<string, WaveProgress>,
  soakMs: number,
): Advance {
  const { memory, now } = input;
  const { resolutionMs, warmupMs } = memory.analysis;
  const serving = Math.max(
    0,
    ...[...progress.values()].map((each) => (each.kind === 'Serving' ? each.since : 0)),
  );
  const from = (Math.floor(Math.max(now, serving + warmupMs) / resolutionMs) + 1) * resolutionMs;
  const to = from + Math.ceil(soakMs / resolutionMs) * resolutionMs;
  return {
    kind: 'Remember',
    memory: withStep(memory, {
      ...step,
      windows: [...step.windows, { from, to, restarts: restartsOf(input.states, step) }],
    }),
    event: reason(
      'SoakStarted',
      `wave ${memory.waves[step.index]?.name ?? ''} is measured from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`,
    ),
  };
}
