import type { CohortArms } from './cohort-arms.ts';
import type { Evidence } from './evidence.ts';
import type { PodHealth } from './pod-health.ts';
import type { MetricRule, PodsRule, QueryRule } from './rule.ts';
import type { Verdict } from './verdict.ts';
import type { Window } from './window.ts';

/** One look at one metric for the cohorts that walk together. */
export interface Inquiry<Rule extends MetricRule, Data> {
  readonly rule: Rule;
  readonly cohorts: readonly CohortArms[];
  readonly window: Window;
  readonly evidence: Data;
  /**
   * The false-rollback rate of this look at this metric, already shared out by the caller over
   * waves, metrics and looks (a metric that is looked at again spends again).
   */
  readonly alpha: number;
  /** Any string that is kept in status: the same seed gives the same verdict. */
  readonly seed: string;
}

export type QueryInquiry = Inquiry<QueryRule, Evidence>;
export type PodsInquiry = Inquiry<PodsRule, readonly PodHealth[]>;

/** A verdict for each cohort of the inquiry, by the cohort's name. */
export type CohortVerdicts = ReadonlyMap<string, Verdict>;
