import { formatDuration } from '../../api/duration.ts';
import type { NodeState } from '../node/node-state.ts';
import { listSome, reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { Advance, AdvanceInput } from './advance-outcome.ts';
import { assessDarkness, tooDarkSince } from './darkness.ts';
import { currentWalk } from './memory.ts';
import type { CandidateMemory, SetAsideCohort, Walk } from './memory.ts';
import type { WaveProgress } from './wave-progress.ts';

/** Cohorts that hold for want of nodes that can be reached, for longer than progressDeadline. */
export function overdue(
  { settings, now }: Pick<AdvanceInput, 'settings' | 'now'>,
  progress: ReadonlyMap<string, WaveProgress>,
): string[] {
  return [...progress]
    .filter(
      ([, each]) =>
        each.kind === 'Holding' &&
        each.darkSince !== undefined &&
        now - each.darkSince >= settings.limits.progressDeadlineMs,
    )
    .map(([cohort]) => cohort);
}

/** When a cohort is overdue next, or a darkness is no longer a short one, ms. */
export function nextDarkness(
  { settings, now }: Pick<AdvanceInput, 'settings' | 'now'>,
  progress: ReadonlyMap<string, WaveProgress>,
): number | undefined {
  return [...progress.values()]
    .flatMap((each) => {
      const late =
        each.kind === 'Holding' && each.darkSince !== undefined
          ? [each.darkSince + settings.limits.progressDeadlineMs]
          : [];
      const until = each.kind === 'Holding' || each.kind === 'Waiting' ? each.until : undefined;
      return until === undefined ? late : [...late, until];
    })
    .filter((at) => at > now)
    .toSorted((a, b) => a - b)[0];
}

/**
 * The others go on without cohorts that are overdue. Where no other cohort could go on nothing is gained by it: then
 * the walk waits as it is, and loses nothing when the nodes return.
 */
export function setAsideOverdue(
  input: AdvanceInput,
  progress: ReadonlyMap<string, WaveProgress>,
): Advance | undefined {
  const { memory, now } = input;
  const late = overdue(input, progress);
  const walk = currentWalk(memory);
  const others = [...progress].some(([, each]) => each.kind === 'Serving' || each.kind === 'Waiting');
  if (walk === undefined || late.length === 0 || !others || input.settings.paused) return undefined;
  const at = new Date(now).toISOString();
  const notes = late.flatMap((cohort): [string, SetAsideCohort][] => {
    const each = progress.get(cohort);
    return each?.kind === 'Holding'
      ? [[cohort, { at, code: each.reason.code, message: each.reason.message }]]
      : [];
  });
  return withoutCohorts(input, walk, notes);
}

/** The others go on, and each of these begins with the first wave later, on its own. */
export function withoutCohorts(
  { memory, settings }: Pick<AdvanceInput, 'memory' | 'settings'>,
  walk: Walk,
  notes: readonly (readonly [cohort: string, note: SetAsideCohort])[],
): Advance {
  const aside: Walk = { ...walk, setAside: { ...walk.setAside, ...Object.fromEntries(notes) } };
  const why = notes.map(([, { code, message }]) => `${code}: ${message}`);
  const names = notes.map(([cohort]) => cohort);
  return {
    kind: 'Remember',
    memory: { ...memory, walks: [...memory.walks.slice(0, -1), aside] },
    event: reason(
      'CohortSetAside',
      `the other cohorts go on without ${listSome(names, 3)}, which cannot for longer than progressDeadline (${formatDuration(settings.limits.progressDeadlineMs)}) and begins with the first wave later, on its own; ${listSome(why, 2)}`,
    ),
  };
}

/** Why the cohort was set aside in the walk under way. */
export function asideIn(memory: CandidateMemory, cohort: string): Reason | undefined {
  const note = currentWalk(memory)?.setAside?.[cohort];
  return note && reason(note.code, note.message);
}

/** Whether the nodes that took the candidate in a former walk are there again, so that a cohort can start anew. */
export function isBack(
  memory: CandidateMemory,
  cohort: string,
  states: ReadonlyMap<string, NodeState>,
  minReachable: number,
  now: number,
): boolean {
  return tooDarkSince(assessDarkness(memory, cohort, states, now), minReachable) === undefined;
}
