import type { Surveyed } from '../fleet/survey.ts';
import type { NodeState } from '../node/node-state.ts';
import { reason } from '../reason.ts';
import type { AdvanceInput, Advance } from './advance-outcome.ts';
import { wait } from './advance-outcome.ts';
import { onwards } from './complete.ts';
import { currentStep, currentWalk, rosterOf } from './memory.ts';
import { soak } from './soak.ts';
import { beginWalk, startWave } from './start-wave.ts';
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
  const walking = new Map([...input.open].filter(([name]) => walk?.cohorts.includes(name) === true));
  const step = currentStep(memory);
  if (walk === undefined || walking.size === 0) return beginWalk(input);
  if (step === undefined) return startWave(input, walking, 0);

  const progress = progressOf(input, walking);
  const exceeded = [...progress].find(([, each]) => each.kind === 'Exceeded');
  if (exceeded !== undefined && exceeded[1].kind === 'Exceeded') {
    const [cohort, { reason: why }] = exceeded;
    if (input.settings.onFailure === 'Pause') {
      return wait(
        'Paused',
        reason(why.code, `${why.message}; onFailure is Pause, so a person decides: abort, or mend the nodes`),
        { cohorts: progress },
      );
    }
    return { kind: 'Reject', cohort: input.settings.failureScope === 'Cohort' ? cohort : '*', reason: why };
  }
  return step.passed === undefined
    ? soak(input, step, walking, progress)
    : onwards(input, step, walking, progress);
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
      const each = waveProgress(cohort, nodes, revision, input.settings.limits);
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
