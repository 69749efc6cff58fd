import type { JudgeName, TunedRules } from './judges.ts';
import type { Outcome } from './outcome.ts';
import type { TuningSample } from './tuning.ts';

/** Some replicates of a scenario, for one worker. */
export interface Task {
  readonly scenario: string;
  readonly seed: string;
  readonly from: number;
  readonly to: number;
  /** Not yet tuned: take what tuning needs instead of judging. */
  readonly tuned: TunedRules | undefined;
  /** Replicates from here on do without the oracle, which is slow. */
  readonly oracleUntil: number;
}

export interface TaskResult {
  readonly replicates: readonly Replicate[];
  readonly samples: readonly TuningSample[];
}

export interface Replicate {
  readonly outcomes: Readonly<Partial<Record<JudgeName, Outcome>>>;
  /** Log likelihood ratios of the oracle by look. */
  readonly oracle?: Float64Array | undefined;
}
