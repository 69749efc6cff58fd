import type { Metric } from '../../api/metric.ts';
import type { WaveSettings } from '../../api/rollout-settings.ts';
import type { Method } from '../../judge/trial/trial.ts';
import type { Verdict } from '../../judge/verdict.ts';
import type { TrialRecord } from './trial-record.ts';

/**
 * What cannot be derived about a candidate, kept in one ConfigMap for each attempt: written before the first
 * pod is touched and only ever added to. The draw and the windows are here because an exact test is exact only
 * over the draw that was really made and a window that was fixed before its data came.
 */
export interface CandidateMemory {
  readonly revision: string;
  readonly attempt: number;
  readonly version: string;
  readonly seed: string;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Frozen: an edit of the rollout is for the next candidate. */
  readonly waves: readonly WaveSettings[];
  readonly cohortsBy: readonly string[];
  readonly metrics: readonly Metric[];
  readonly analysis: {
    readonly falseRollbackRate: number;
    readonly groupBy: 'pod' | 'node';
    readonly resolutionMs: number;
    readonly warmupMs: number;
    /** Absent where an older version began the attempt: Auto, a day. */
    readonly method?: Method;
    readonly historyMs?: number;
  };
  /** Nodes that an earlier candidate had already disturbed: they go first. */
  readonly disturbed: readonly string[];
  /** Cohorts that walk the waves together; a cohort that was set aside walks later, on its own. */
  readonly walks: readonly Walk[];
  /** Set once: how this attempt ended. */
  readonly ended?: {
    readonly at: string;
    readonly how: 'Promoted' | 'Rejected' | 'Superseded' | 'Inconclusive';
  };
  /** The record was lost from outside and made again from what runs: the exact test is not claimed. */
  readonly recovered?: boolean;
}

export interface Walk {
  readonly cohorts: readonly string[];
  readonly steps: readonly WaveStep[];
  /** Cohorts that could not go on for longer than progressDeadline, and why; the others go on without them. */
  readonly setAside?: Readonly<Record<string, SetAsideCohort>>;
}

export interface SetAsideCohort {
  readonly at: string;
  readonly code: string;
  readonly message: string;
}

/** By node name, ms: when it went dark, came back, and went dark again. */
export type DarkNotes = Readonly<Record<string, readonly number[]>>;

/** One wave that was started. */
export interface WaveStep {
  readonly index: number;
  readonly startedAt: string;
  readonly cohorts: Readonly<Record<string, WaveRoster>>;
  /** The windows that were measured, each fixed before its first minute; more than one where a look had too little evidence. */
  readonly windows: readonly SoakWindow[];
  /**
   * What the sequential judge remembers of this wave, over its first window and beyond; more than one where cohorts
   * left the wave and the rest were judged anew.
   */
  readonly trials?: readonly TrialRecord[];
  /** Its record was lost from outside and made again from what runs. */
  readonly recovered?: boolean;
  /** Judged nodes that were dark since the wave started. */
  readonly dark?: DarkNotes;
  /** Set once the wave is over. */
  readonly passed?: { readonly at: string; readonly by: 'Judge' | 'PromotedByPerson' | 'NoSoak' };
}

export interface WaveRoster {
  /** Nodes that the wave added, in the order of the draw. */
  readonly nodes: readonly string[];
  /** Whether they were drawn at random from the cohort; false for a chosen ring or nodes that were disturbed before. */
  readonly drawn: boolean;
  /** Reachable nodes of the cohort that the same draw could have chosen and left on stable. */
  readonly controls: readonly string[];
  /** By node: the pod that served stable when the wave started, where its name is not the one that Outrigger gives. */
  readonly formerPods?: Readonly<Record<string, string>>;
  /** Nodes of the cohort when the wave started, without those that were dark and never took the candidate. */
  readonly eligible: number;
}

/** All verdicts that are kept of a wave, the oldest first. */
export function verdictsOf({ windows, trials = [] }: WaveStep): readonly CohortVerdict[] {
  return [...windows, ...trials].flatMap(({ verdicts }) => verdicts ?? []);
}

/** What was said of a wave last, by each of its judges. */
export function newestVerdicts({ windows, trials = [] }: WaveStep): readonly CohortVerdict[] {
  return [windows.findLast(({ verdicts }) => verdicts !== undefined), trials.at(-1)].flatMap(
    (each) => each?.verdicts ?? [],
  );
}

/** Ms since the epoch; `from` is a whole multiple of the resolution and lies after the moment of writing. */
export interface SoakWindow {
  readonly from: number;
  readonly to: number;
  /** Container restarts that a judged node's pod had before the window, where there were any. */
  readonly restarts?: Readonly<Record<string, number>>;
  /** What the look at the window's end said; absent while there was none that counts. */
  readonly verdicts?: readonly CohortVerdict[];
}

export type CohortVerdict = Verdict & { readonly cohort: string };

export function currentWalk(memory: CandidateMemory): Walk | undefined {
  return memory.walks.at(-1);
}

export function currentStep(memory: CandidateMemory): WaveStep | undefined {
  return currentWalk(memory)?.steps.at(-1);
}

/** The wave that the cohort was last in, of the walk under way. */
export function stepOfCohort(memory: CandidateMemory, cohort: string): WaveStep | undefined {
  return currentWalk(memory)?.steps.findLast(({ cohorts }) => cohorts[cohort] !== undefined);
}

/**
 * Every node that is to run the candidate, by cohort. A cohort that was set aside and walks again begins anew: what
 * it had beyond its first wave goes back.
 */
export function rosterOf(memory: CandidateMemory): ReadonlyMap<string, ReadonlySet<string>> {
  const rosters = new Map<string, Set<string>>();
  for (const { cohorts: walking, steps } of memory.walks) {
    for (const cohort of walking) rosters.set(cohort, new Set());
    for (const { cohorts } of steps) {
      for (const [cohort, { nodes }] of Object.entries(cohorts)) {
        const roster = rosters.get(cohort) ?? new Set();
        for (const node of nodes) roster.add(node);
        rosters.set(cohort, roster);
      }
    }
  }
  return rosters;
}

/** The same of one cohort, in the order of the draws. */
export function rosterOfCohort({ walks }: CandidateMemory, cohort: string): readonly string[] {
  const walk = walks.findLast(({ cohorts }) => cohorts.includes(cohort));
  return walk?.steps.flatMap(({ cohorts }) => cohorts[cohort]?.nodes ?? []) ?? [];
}

export function withStep(memory: CandidateMemory, step: WaveStep): CandidateMemory {
  const walks = memory.walks.slice(0, -1);
  const walk = currentWalk(memory) ?? { cohorts: Object.keys(step.cohorts), steps: [] };
  const same = walk.steps.at(-1)?.index === step.index;
  return {
    ...memory,
    walks: [...walks, { ...walk, steps: [...(same ? walk.steps.slice(0, -1) : walk.steps), step] }],
  };
}
