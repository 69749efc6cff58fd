import type { Surveyed } from '../fleet/survey.ts';
import type { NodeState } from '../node/node-state.ts';
import { reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { AdvanceInput, Advance } from './advance-outcome.ts';
import { wait } from './advance-outcome.ts';
import { onwards } from './complete.ts';
import { assessDarkness, darkCohort } from './darkness.ts';
import { noteDarkness } from './dark-notes.ts';
import { currentStep, currentWalk, rosterOf, withStep } from './memory.ts';
import type { WaveStep } from './memory.ts';
import { pooledDarkness } from './pooled-darkness.ts';
import { asideIn, overdue, setAsideOverdue } from './set-aside.ts';
import { soak } from './soak.ts';
import { beginWalk, canBegin, startWave } from './start-wave.ts';
import { waveProgress } from './wave-progress.ts';
import type { WaveProgress } from './wave-progress.ts';

export function advance(input: AdvanceInput): Advance {
  const { memory, decisions } = input;
  if (decisions.aborts(memory.revision, memory.attempt)) {
    return {
      kind: 'Reject',
      cohort: '*',
      reason: reason('AbortedByPerson', `attempt ${memory.attempt} was aborted by a person`),
    };
  }
  const walk = currentWalk(memory);
  const all = new Map([...input.open].filter(([name]) => walk?.cohorts.includes(name) === true));
  const walking = new Map([...all].filter(([name]) => asideIn(memory, name) === undefined));
  const step = currentStep(memory);
  if (walk === undefined || walking.size === 0) return beginWalk(input);
  if (step === undefined) return startWave(input, walking, 0);

  const noted = withNotes(input, step, all.keys());
  if (noted !== undefined) return { kind: 'Remember', memory: withStep(memory, noted), event: undefined };

  // Harm is harm also in a cohort that was set aside.
  const everywhere = progressOf(input, all);
  const progress = new Map([...everywhere].filter(([name]) => walking.has(name)));
  const exceeded = failureOf(input, everywhere);
  if (exceeded !== undefined) {
    const { cohort, reason: why } = exceeded;
    if (input.settings.onFailure === 'Pause') {
      return wait(
        'Paused',
        reason(why.code, `${why.message}; onFailure is Pause, so a person decides: abort, or mend the nodes`),
        { cohorts: progress },
      );
    }
    return { kind: 'Reject', cohort: input.settings.failureScope === 'Cohort' ? cohort : '*', reason: why };
  }
  const aside = setAsideOverdue(input, progress);
  if (aside !== undefined) return aside;
  // Where all that walk are out of reach, those that were set aside and are back need not wait for them.
  const stuck = overdue(input, progress);
  const idle = new Map([...input.open].filter(([name]) => !walking.has(name)));
  if (stuck.length === walking.size && !input.settings.paused && canBegin(input, idle).length > 0)
    return beginWalk({ ...input, open: idle });
  return step.passed === undefined
    ? soak(input, step, walking, progress)
    : onwards(input, step, walking, progress);
}

/** The changes of reachability since the wave started, where there are new ones. */
function withNotes(
  { memory, states }: AdvanceInput,
  step: WaveStep,
  cohorts: Iterable<string>,
): WaveStep | undefined {
  const began = Date.parse(step.startedAt);
  const arms = [...cohorts].map((cohort) => darkCohort(memory, cohort, states));
  const updated = arms.flatMap((each) => each.updated);
  const names = new Set(updated.map(({ node }) => node.name));
  const controls = new Map(
    arms.flatMap((each) => each.controls.map((state) => [state.node.name, state] as const)),
  );
  const dark = noteDarkness(
    step.dark ?? {},
    { updated, controls: [...controls.values()].filter(({ node }) => !names.has(node.name)) },
    began,
  );
  return dark && { ...step, dark };
}

function failureOf(
  input: AdvanceInput,
  progress: ReadonlyMap<string, WaveProgress>,
): { readonly cohort: string; readonly reason: Reason } | undefined {
  for (const [cohort, each] of progress) if (each.kind === 'Exceeded') return { cohort, reason: each.reason };
  if (input.settings.failureScope === 'Cohort') return undefined;
  const pooled = pooledDarkness(
    new Map(
      [...progress.keys()].map((cohort) => [
        cohort,
        assessDarkness(input.memory, cohort, input.states, input.now),
      ]),
    ),
    input.settings.limits,
  );
  return pooled && { cohort: '*', reason: pooled };
}

function progressOf(
  input: AdvanceInput,
  walking: ReadonlyMap<string, readonly Surveyed[]>,
): Map<string, WaveProgress> {
  const rosters = rosterOf(input.memory);
  const { revision } = input.memory;
  return new Map(
    [...walking.keys()].map((cohort) => {
      const nodes = [...(rosters.get(cohort) ?? [])].flatMap((name) => input.states.get(name) ?? []);
      const { limits } = input.settings;
      const darkness = assessDarkness(input.memory, cohort, input.states, input.now);
      const each = waveProgress(cohort, nodes, revision, limits, {
        ...darkness,
        minReachable: limits.minReachable,
      });
      return [cohort, input.settings.paused ? pausedProgress(cohort, nodes, revision, each) : each];
    }),
  );
}

/** While paused, the nodes of a wave that have not begun keep stable; the wave is not complete without them. */
function pausedProgress(
  cohort: string,
  nodes: readonly NodeState[],
  revision: string,
  progress: WaveProgress,
): WaveProgress {
  const owed = nodes.filter(({ target, phase }) => target?.revision !== revision && phase !== 'Offline');
  if (owed.length === 0 || progress.kind === 'Exceeded' || progress.kind === 'Holding') return progress;
  return {
    kind: 'Holding',
    reason: reason(
      'Paused',
      `spec.paused is set; ${owed.length} nodes of this wave in cohort ${cohort} have not begun`,
    ),
  };
}
