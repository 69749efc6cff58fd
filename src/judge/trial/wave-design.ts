import type { Baseline } from './baseline.ts';
import type { Method, TrialMetric } from './trial.ts';

/** What is fixed of a wave before its first sample. */
export interface WaveDesign {
  /** The error rate of this wave, for all its metrics together. */
  readonly falseRollbackRate: number;
  readonly method: Method;
  readonly seed: string;
  /** Length of the soak, minutes. */
  readonly horizonMinutes: number;
  /** How long a "minute" is, ms, for sentences; a minute unless told. */
  readonly resolutionMs?: number | undefined;
  readonly metrics: readonly TrialMetric[];
  /** Cohorts whose candidates were not drawn at random: not in the randomisation test. */
  readonly undrawn: readonly string[];
  /** False where the judge's memory was lost, cut short or is older than the pods: the randomisation test is off and nothing passes. */
  readonly memoryWhole: boolean;
}

/** By the metric's name; frozen at the wave's first look. */
export type Baselines = Readonly<Record<string, Baseline>>;

/** What a look must not forget. Only ever added to; can be kept as JSON. */
export interface TrialMemory {
  /** Rows of the reference set, and those that crossed, as base64 of a bit each. */
  readonly rows?: number;
  readonly crossed?: string;
  /** Minute of the newest look at which rows could cross. */
  readonly randomised?: number;
  readonly failed?: Failed;
  /** Minute at which each metric first ruled its margin out. */
  readonly passed?: Readonly<Record<string, number>>;
}

export interface Failed {
  readonly minute: number;
  readonly metrics: readonly string[];
  readonly cohorts: readonly string[];
  readonly by: 'Randomisation' | 'EProcess' | 'Bound';
}

/** How the error rate is shared out over the rules. */
export interface Rates {
  readonly randomisation: number;
  readonly eProcess: number;
  /** Of each absolute bound of each cohort. */
  readonly bound: number;
}
