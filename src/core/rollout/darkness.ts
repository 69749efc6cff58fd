import type { NodeState } from '../node/node-state.ts';
import { isDark } from '../node/reachability.ts';
import { isSuspect, wasUpdated } from '../node/suspect.ts';
import type { DarkArms } from './dark-excess.ts';
import { wentDarkAgain } from './dark-notes.ts';
import { currentStep, rosterOfCohort, stepOfCohort } from './memory.ts';
import type { CandidateMemory, DarkNotes } from './memory.ts';
import { MAX_JUDGED } from './next-wave.ts';

/** A reboot takes so long; and a darkness of less than two samples hardly shows in the evidence. */
const SHORT_MS = 2 * 60_000;
const SHORT_SAMPLES = 2;

/** A node that went dark again and again is trusted once it was back for so many times as long as a reboot takes. */
const STEADY = 10;

/** What is known of the dark nodes of one cohort, beside the nodes that the candidate never touched. */
export interface Darkness {
  /** Nodes on which the candidate was started, dark or not. */
  readonly updated: readonly NodeState[];
  /** Those of them that are dark now. */
  readonly dark: readonly NodeState[];
  /** Those of the dark ones that are so for a moment only. */
  readonly brief: readonly NodeState[];
  /** Those of them that came back and went dark again since the wave started, and are not steady yet. */
  readonly again: readonly NodeState[];
  /** Dark for long enough to be counted, beside the controls. */
  readonly counted: DarkArms;
  /** The same with those that are dark for a moment only. */
  readonly atWorst: DarkArms;
  /** Of those that went dark again, beside the controls that did. */
  readonly repeated: DarkArms;
  /** Ms; when the next darkness is no longer a short one. */
  readonly ripeAt: number | undefined;
  /** Ms; when the next node that went dark again and is back is trusted. */
  readonly steadyAt: number | undefined;
  /** A darkness shorter than this is a short one, ms. */
  readonly short: number;
  /** Ms; when the wave started. */
  readonly began: number;
}

/** A darkness shorter than this is not charged yet, ms. */
export function shortDarkness(resolutionMs: number): number {
  return Math.max(SHORT_MS, SHORT_SAMPLES * resolutionMs);
}

/** Both arms of a cohort: the nodes that run the candidate, and those that darkness is compared with. */
export interface DarkCohort {
  readonly updated: readonly NodeState[];
  readonly controls: readonly NodeState[];
  readonly began: number;
}

/**
 * Where a cohort has no control nodes (the last wave, a cohort of one) darkness is compared with that of all nodes,
 * of whatever cohort, that the candidate never touched.
 */
export function darkCohort(
  memory: CandidateMemory,
  cohort: string,
  states: ReadonlyMap<string, NodeState>,
): DarkCohort {
  const { revision } = memory;
  const step = stepOfCohort(memory, cohort);
  const notes = step?.dark ?? {};
  const updated = rosterOfCohort(memory, cohort)
    .flatMap((name) => states.get(name) ?? [])
    .filter((state) => wasUpdated(state, revision) || notes[state.node.name] !== undefined);
  const untouched = (state: NodeState) => state.target?.revision !== revision && !state.node.deleting;
  const own = (step?.cohorts[cohort]?.controls ?? [])
    .flatMap((name) => states.get(name) ?? [])
    .filter(untouched);
  const controls = own.length > 0 ? own : neverTouched(memory, states).filter(untouched).slice(0, MAX_JUDGED);
  return { updated, controls, began: step === undefined ? 0 : Date.parse(step.startedAt) };
}

/** Nodes of whatever cohort that no wave of the candidate ever had. */
function neverTouched(memory: CandidateMemory, states: ReadonlyMap<string, NodeState>): readonly NodeState[] {
  const touched = new Set(
    memory.walks.flatMap(({ steps }) =>
      steps.flatMap(({ cohorts }) => Object.values(cohorts).flatMap(({ nodes }) => nodes)),
    ),
  );
  return [...states.values()].filter(({ node }) => !touched.has(node.name));
}

/**
 * Who is dark, in both arms. Nodes that were dark before the wave started are in neither: the control nodes of the
 * wave could be reached then, and a node that an earlier wave lost was weighed there.
 */
export function assessDarkness(
  memory: CandidateMemory,
  cohort: string,
  states: ReadonlyMap<string, NodeState>,
  now: number,
): Darkness {
  const { updated, controls, began } = darkCohort(memory, cohort, states);
  const notes = stepOfCohort(memory, cohort)?.dark;
  const short = shortDarkness(memory.analysis.resolutionMs);
  const inWave = ({ node }: NodeState) => !isDark(node) || node.readySince >= began;

  const dark = updated.filter(({ node }) => isDark(node));
  const again = updated.filter((state) => isUnsteady(state, notes, short, now));
  const repeats = new Set(again.map(({ node }) => node.name));
  const fresh = dark.filter((state) => inWave(state) && !repeats.has(state.node.name));
  const isBrief = ({ node }: NodeState) => now - node.readySince < short;
  const brief = dark.filter(isBrief);
  const ripe = fresh.filter((state) => !isBrief(state));
  const candidates = updated.filter(inWave).length;
  const beside = controls.filter(inWave);
  const arms = (suspects: readonly NodeState[]): DarkArms => ({
    updated: candidates,
    dark: suspects.length,
    controls: beside.length,
    darkControls: darkBeside(suspects, beside),
  });
  const ripeAt = brief.map(({ node }) => node.readySince + short).toSorted((a, b) => a - b)[0];
  return {
    updated,
    dark,
    brief,
    again,
    counted: arms(ripe),
    atWorst: arms(fresh),
    repeated: {
      updated: candidates,
      dark: again.length,
      controls: beside.length,
      darkControls: beside.filter(({ node }) => wentDarkAgain(notes, node.name)).length,
    },
    ripeAt,
    steadyAt: again
      .filter(({ node }) => !isDark(node))
      .map(({ node }) => node.readySince + STEADY * short)
      .toSorted((a, b) => a - b)[0],
    short,
    began,
  };
}

/**
 * Control nodes that are dark, or were while the suspects were: when a site comes back its nodes do so one after
 * the other, and those that are late must not look alone in their darkness.
 */
function darkBeside(suspects: readonly NodeState[], controls: readonly NodeState[]): number {
  const first = Math.min(...suspects.map(({ node }) => node.readySince));
  return controls.filter(({ node }) => isDark(node) || node.readySince > first).length;
}

/** Since when fewer of the updated nodes can be reached than the share says, ms; undefined where enough can. */
export function tooDarkSince(
  { updated, dark, began }: Pick<Darkness, 'updated' | 'dark' | 'began'>,
  minReachable: number,
): number | undefined {
  // Whatever the share: somebody must be left to ask.
  const most = Math.min(Math.floor(updated.length * (1 - minReachable) + 1e-9), updated.length - 1);
  const onset = dark.map(({ node }) => node.readySince).toSorted((a, b) => a - b)[most];
  return onset === undefined ? undefined : Math.max(began, onset);
}

/** Went dark again since the wave started, and is not back for long enough to be trusted. */
function isUnsteady({ node }: NodeState, notes: DarkNotes | undefined, short: number, now: number): boolean {
  return wentDarkAgain(notes, node.name) && (isDark(node) || now - node.readySince < STEADY * short);
}

/** Nodes that went dark with the candidate, or did so again and again: what a person is to look at. */
export function suspectsOf(
  memory: CandidateMemory,
  states: ReadonlyMap<string, NodeState>,
  now: number,
): ReadonlyMap<string, 'Dark' | 'DarkAgain'> {
  const notes = currentStep(memory)?.dark;
  const short = shortDarkness(memory.analysis.resolutionMs);
  return new Map(
    [...states.values()].flatMap((state): [string, 'Dark' | 'DarkAgain'][] => {
      const { node, target } = state;
      if (target?.revision === memory.revision && isUnsteady(state, notes, short, now))
        return [[node.name, 'DarkAgain']];
      return isSuspect(state, memory.revision) ? [[node.name, 'Dark']] : [];
    }),
  );
}
