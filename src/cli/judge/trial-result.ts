/** Until the judge brings them itself. */
export interface MetricVerdict {
  readonly name: string;
  readonly verdict: 'Pass' | 'Fail' | 'Undecided';
  readonly reason: string;
  readonly message: string;
  readonly estimate?: number | undefined;
  readonly lower?: number | undefined;
  readonly upper?: number | undefined;
  readonly margin?: number | undefined;
  readonly nodes: number;
  readonly controls: number;
  readonly samples: number;
  readonly test: string;
}

export interface TrialLook {
  readonly minute: number;
  readonly verdict: 'Pass' | 'Fail' | 'Undecided';
  readonly reason: string;
  readonly message: string;
  readonly metrics: readonly MetricVerdict[];
}

export interface TrialResult {
  readonly looks: readonly TrialLook[];
  readonly final: Pick<TrialLook, 'minute' | 'verdict' | 'reason'>;
}
