import { prometheusTiming } from '../../api/prometheus-settings.ts';
import type { Surveyed } from '../fleet/survey.ts';
import { reason } from '../reason.ts';
import type { AdvanceInput, Advance } from './advance-outcome.ts';
import { wait } from './advance-outcome.ts';
import { conclude, failed, settle } from './conclude.ts';
import { look, restartsOf } from './look.ts';
import { newestVerdicts, withStep } from './memory.ts';
import type { WaveStep } from './memory.ts';
import { passed } from './passed.ts';
import { nextDarkness } from './set-aside.ts';
import { mostTelling } from './settle-verdicts.ts';
import { trialLook, withTrial } from './trial-look.ts';
import type { TrialLook } from './trial-look.ts';
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
  const seen = newestVerdicts(step).filter(({ cohort }) => walking.has(cohort));
  const failing = seen.some(({ verdict }) => verdict === 'Fail');
  // Before all that may hold: harm that was found does not wait for a node that is stuck.
  if (failing) return failed(input, seen, progress);
  if (decisions.promotes(memory.revision, memory.attempt, name))
    return passed(input, step, 'PromotedByPerson');

  const cohorts = [...walking.keys()].filter((cohort) => (step.cohorts[cohort]?.nodes.length ?? 0) > 0);
  const [first] = step.windows;
  const trial: TrialLook = first === undefined ? { kind: 'None' } : trialLook(input, step, first, cohorts);
  if (trial.kind === 'Need') return { kind: 'Need', needs: [trial.need] };
  if (trial.kind === 'Remember')
    return { kind: 'Remember', memory: withStep(memory, trial.step), event: trial.event };
  const verdicts = [...(window?.verdicts ?? []), ...(trial.kind === 'Looked' ? trial.verdicts : [])];

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
        ...until(nextDarkness(input, progress), nextOf(trial)),
        cohorts: progress,
        verdicts,
      });
    }
  }
  if (wave === undefined || wave.soakMs === 0) return passed(input, step, 'NoSoak');

  // A node that went dark a moment ago, where that would decide: no look before it is known what became of it.
  const unsettled = [...progress.values()].find((one) => one.kind === 'Waiting' && one.until !== undefined);

  if (window === undefined) return openWindow(input, step, cohorts, progress, wave.soakMs);
  const timing = prometheusTiming(input.prometheus, memory.analysis.resolutionMs);
  const due = window.to + timing.queryDelayMs;
  if (now < due) {
    return wait(
      'Soaking',
      reason(
        'Soaking',
        `wave ${name} is measured until ${new Date(window.to).toISOString()}${lookBefore(step)}${lookNow(trial)}`,
      ),
      {
        ...until(due, nextOf(trial)),
        cohorts: progress,
        verdicts: [...(step.windows.at(-2)?.verdicts ?? []), ...verdicts],
      },
    );
  }
  if (unsettled?.kind === 'Waiting')
    return wait('Soaking', unsettled.reason, {
      ...until(nextDarkness(input, progress), nextOf(trial)),
      cohorts: progress,
      verdicts,
    });
  const kept = window.verdicts?.filter(({ cohort }) => walking.has(cohort));
  if (kept !== undefined && settle(input, step, kept).kind === 'Undecided')
    return openWindow(input, step, cohorts, progress, wave.soakMs);

  const looked =
    kept === undefined
      ? look({ ...input, step, window, cohorts })
      : ({ kind: 'Verdicts', verdicts: kept } as const);
  if (looked.kind === 'Need') return looked;
  return conclude(input, step, { window, verdicts: looked.verdicts, trial }, progress, wave.soakMs);
}

function nextOf(trial: TrialLook): number | undefined {
  return trial.kind === 'Looked' ? trial.nextAt : undefined;
}

/** The earliest of the moments. */
function until(...at: readonly (number | undefined)[]): { readonly until?: number } {
  const known = at.filter((one) => one !== undefined);
  return known.length === 0 ? {} : { until: Math.min(...known) };
}

/** What the newest look of the sequential judge says. */
function lookNow(trial: TrialLook): string {
  if (trial.kind !== 'Looked' || trial.minute === undefined) return '';
  const said = mostTelling(trial.verdicts);
  return said === undefined
    ? ''
    : `; after ${trial.minute} steps: ${said.reason} of metric ${said.metric} in cohort ${said.cohort}: ${said.message}`;
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
  cohorts: readonly string[],
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
      // The sequential judge goes on with the first window.
      ...(step.windows.length === 0 ? withTrial(input, step, cohorts) : step),
      windows: [...step.windows, { from, to, restarts: restartsOf(input.states, step) }],
    }),
    event: reason(
      'SoakStarted',
      `wave ${memory.waves[step.index]?.name ?? ''} is measured from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`,
    ),
  };
}
