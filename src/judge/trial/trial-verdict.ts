import type { FailReason, PassReason, UndecidedReason } from '../verdict.ts';
import type { TrialMemory } from './wave-design.ts';

interface Told {
  /** One sentence with the numbers. */
  readonly message: string;
  /** How much worse the candidates are: a share of requests for a ratio, a share of the latency, the mean's own unit, an index. */
  readonly estimate?: number;
  /** Ends of the 90 % interval of `estimate`. */
  readonly lower?: number;
  readonly upper?: number;
  readonly margin?: number;
  /** Candidates and controls with a sample. */
  readonly nodes: number;
  readonly controls: number;
  /** Observations of both arms. */
  readonly samples: number;
  /** Which tests ran: "Randomisation(9999 draws)+EProcess". */
  readonly test: string;
  /** Smallest harm that would be found four times in five, in the unit of `estimate`. */
  readonly detectable?: number;
}

/** What a look says of one metric, in one cohort or in all. */
export type TrialVerdict = Told &
  (
    | { readonly verdict: 'Pass'; readonly reason: PassReason }
    | { readonly verdict: 'Fail'; readonly reason: FailReason }
    | { readonly verdict: 'Undecided'; readonly reason: UndecidedReason }
  );

export type MetricVerdict = TrialVerdict & {
  readonly name: string;
  /** Of each cohort with a candidate that the metric is measured in. */
  readonly cohorts: readonly CohortTrialVerdict[];
};

export type CohortTrialVerdict = TrialVerdict & { readonly cohort: string };

export interface Said {
  readonly verdict: TrialVerdict['verdict'];
  readonly reason: TrialVerdict['reason'];
  readonly message: string;
  readonly metrics: readonly MetricVerdict[];
}

export interface LookResult extends Said {
  readonly memory: TrialMemory;
}
