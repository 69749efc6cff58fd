/** One entry for each minute of a track; null or NaN is a missing sample. */
export type Values = readonly (number | null)[];

/** What one metric measured at one node: increments of each minute, not cumulative counts. */
export type Series =
  /** Requests and bad ones among them. */
  | { readonly total: Values; readonly bad: Values }
  /** Observations in each bucket (not in it and all below); the last bucket has no upper bound. */
  | { readonly buckets: readonly (readonly number[] | null)[] }
  /** A value summed over observations, and their number. */
  | { readonly sum: Values; readonly count: Values };

/** One node's samples, in any order; of two for one minute the one that arrived later counts. */
export interface Track {
  readonly name: string;
  readonly cohort: string;
  /** Whether it runs the candidate from minute 0 on. */
  readonly candidate: boolean;
  /** Minute of each sample; 0 is the first one after the switch, before it is history. */
  readonly minutes: readonly number[];
  /** Minute at which each sample could be seen; null: never; left out: at once. */
  readonly arrived?: readonly (number | null)[] | null | undefined;
  /** By the metric's name. */
  readonly series: Readonly<Record<string, Series>>;
}

/** How much worse than stable is no harm yet: the larger of the two; none is 0. */
export interface Margin {
  /** Share of the value of stable: 0.5 is half as much again. */
  readonly relative?: number | undefined;
  /** In the metric's own unit: a share of requests for a ratio, seconds for a latency. */
  readonly absolute?: number | undefined;
}

export type TrialKind = 'ratio' | 'latency' | 'mean' | 'drift';

export interface TrialMetric {
  readonly name: string;
  readonly kind: TrialKind;
  /** Upper bounds of the histogram's buckets but the last, ascending; for a latency in its own unit. */
  readonly bounds?: readonly number[] | undefined;
  readonly maxIncrease?: Margin | undefined;
  /** For a mean: how much lower is no harm yet. */
  readonly maxDecrease?: Margin | undefined;
  /** For a drift: the largest population stability index that counts as none. */
  readonly maxPsi?: number | undefined;
  /** For a latency: judge the share of observations above this bound instead of the shift. */
  readonly slowerThan?: number | undefined;
  /** Absolute bounds of the candidates' own value. */
  readonly max?: number | undefined;
  readonly min?: number | undefined;
  /** A node with fewer observations in the minutes seen so far is no evidence for a Pass. */
  readonly minRequestsPerNode?: number | undefined;
}

export type Method = 'Auto' | 'Randomisation' | 'EProcess';

/** A wave that was measured: who ran what, and what was seen when. */
export interface Trial {
  /** The error rate of this wave: the chance that a candidate without harm ever fails in it. */
  readonly falseRollbackRate: number;
  readonly method: Method;
  readonly seed: string;
  /** Length of the soak, minutes. */
  readonly horizonMinutes: number;
  /** Looks to take, ascending; look m sees the minutes before m that had arrived by then. */
  readonly looks: readonly number[];
  readonly metrics: readonly TrialMetric[];
  readonly nodes: readonly Track[];
  /** Cohorts whose candidates were not drawn at random; none. */
  readonly undrawn?: readonly string[] | undefined;
  /** False where what the judge remembered of the wave was lost: without the exact test, and nothing passes. */
  readonly memoryWhole?: boolean | undefined;
  /** How long a minute is, ms, for sentences; a minute unless told. */
  readonly resolutionMs?: number | undefined;
}
