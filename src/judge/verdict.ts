import type { UnavailableReason } from './evidence.ts';

export type PassReason = 'WithinMargin' | 'WithinBound' | 'PodsHealthy';

export type FailReason = 'HarmBeyondMargin' | 'BoundBroken' | 'PodsUnhealthy';

export type UndecidedReason =
  | UnavailableReason
  // The evidence is not there, or not enough of it.
  | 'NoCandidates'
  | 'NoControls'
  | 'NoData'
  | 'NoCandidateData'
  | 'NoControlData'
  | 'StaleData'
  | 'PartialData'
  | 'ResolutionTooFine'
  | 'BadExceedsTotal'
  | 'TooFewRequests'
  | 'TooFewNodes'
  | 'WindowTooShort'
  | 'TooEarly'
  | 'MemoryLost'
  | 'NoMargin'
  // The evidence is there and does not decide.
  | 'HarmNotRuledOut'
  | 'HarmNotProven'
  | 'HarmElsewhere'
  | 'BoundNotDecided'
  | 'ControlsBreakBound'
  | 'ControlsUnhealthy';

interface VerdictBase {
  readonly metric: string;
  /** One sentence with the numbers. */
  readonly message: string;
  /** Candidates less controls, in the metric's own unit (a ratio: 0.01 is one percent point); for an absolute bound the candidates' own value. */
  readonly estimate?: number;
  /** Ends of the 90 % interval of `estimate` (each end by itself 95 %). */
  readonly lower?: number;
  readonly upper?: number;
  /** Largest increase that is tolerated, in the unit of `estimate`; for an absolute bound the bound. */
  readonly margin?: number;
  /** Judged candidate and control nodes with evidence that counts. */
  readonly nodes: number;
  readonly controls: number;
  /** Requests of both arms in the window; for `query` the number of samples. */
  readonly samples: number;
  readonly window: { readonly from: number; readonly to: number };
  /** Which test spoke: "Randomisation(exact, 1140 assignments)", "Randomisation(1999 draws)", "Permutation(...)" where the draw was not the operator's, "AbsoluteBound" or "None". */
  readonly test: string;
  /** Smallest increase that this wave finds four times in five, in the unit of `margin`. */
  readonly detectable?: number;
}

/** What the judge says of one metric, cohort and wave. */
export type Verdict =
  | (VerdictBase & { readonly verdict: 'Pass'; readonly reason: PassReason })
  | (VerdictBase & { readonly verdict: 'Fail'; readonly reason: FailReason })
  | (VerdictBase & { readonly verdict: 'Undecided'; readonly reason: UndecidedReason });

export type VerdictReason = Verdict['reason'];

/** A cohort that only waits for another one is less to the point than that one. */
const badness = ({ verdict, reason }: Verdict): number => {
  if (verdict === 'Pass') return 0;
  if (verdict === 'Fail') return 3;
  return reason === 'HarmElsewhere' ? 1 : 2;
};

/** The worst of several verdicts, the first of equals; undefined for none, which is no Pass. */
export const worst = (verdicts: readonly Verdict[]): Verdict | undefined => {
  let found: Verdict | undefined;
  for (const verdict of verdicts) {
    if (found === undefined || badness(verdict) > badness(found)) found = verdict;
  }
  return found;
};

/** How a set of verdicts combines: any Fail fails, a Pass needs at least one verdict and each to be a Pass. */
export const combine = (verdicts: readonly Verdict[]): Verdict['verdict'] =>
  worst(verdicts)?.verdict ?? 'Undecided';
