import { informationLimit, reached } from '../limit/information-limit.ts';
import { replicate, type Scenario } from '../scenarios.ts';
import type { JudgeName } from './judges.ts';
import type { Replicate } from './task.ts';

/** How one judge did in a scenario. Shares are of the replicates, minutes since the harm began. */
export interface JudgeSummary {
  readonly judge: JudgeName;
  readonly rolledBack: number;
  readonly rolledBackShare: number;
  /** Not rolled back. */
  readonly missedShare: number;
  /** Of the replicates rolled back after the harm began. */
  readonly medianMinute: number | undefined;
  readonly p90Minute: number | undefined;
  /** Until which half of all replicates, and nine of ten, were rolled back; undefined where that never happened. */
  readonly halfFound: number | undefined;
  readonly mostFound: number | undefined;
  readonly promotedShare: number;
  /** A look had said Pass before the one that rolled back, or before the verdict was withdrawn. */
  readonly waveredShare: number;
  /** Median, since the first wave began. */
  readonly promotedMinute: number | undefined;
  /** Share rolled back by minute 1, 2, … */
  readonly power: readonly number[];
  /** How often each reason was the last word. */
  readonly reasons: Readonly<Record<string, number>>;
}

export interface LimitSummary {
  readonly halfFound: number | undefined;
  readonly mostFound: number | undefined;
  /** Share that the best judge of the same error rate can have found by minute 1, 2, … */
  readonly power: readonly number[];
  /** Until which the oracle's own sequential test had found half, and nine of ten. */
  readonly oracleHalfFound: number | undefined;
  readonly oracleMostFound: number | undefined;
}

export interface ScenarioSummary {
  readonly scenario: string;
  readonly title: string;
  readonly candidate: Scenario['candidate'];
  readonly replicates: number;
  readonly judges: readonly JudgeSummary[];
  readonly limit: LimitSummary | undefined;
  /** Our minute until which half (nine of ten) were found, over that of the limit and that of the oracle. */
  readonly delayRatios:
    | {
        readonly half: number | undefined;
        readonly most: number | undefined;
        readonly oracleHalf: number | undefined;
        readonly oracleMost: number | undefined;
      }
    | undefined;
}

export const summarise = (scenario: Scenario, replicates: readonly Replicate[]): ScenarioSummary => {
  const onset = scenario.simulation.effect?.onset ?? 0;
  const [first, ...more] = replicate(scenario, 'shape', 0);
  const horizon = (first?.trial.horizonMinutes ?? 0) * (1 + more.length);
  const names = Object.keys(replicates[0]?.outcomes ?? {}) as JudgeName[];
  const judges = names.map((name) => summariseJudge(name, replicates, onset, horizon));
  const paths = replicates.flatMap(({ oracle }) => (oracle === undefined ? [] : [oracle]));
  const limit =
    paths.length > 0 && first !== undefined
      ? summariseLimit(paths, first.trial.looks, onset, horizon, first.trial.falseRollbackRate)
      : undefined;
  const ours = judges.find(({ judge }) => judge === 'Outrigger');
  return {
    scenario: scenario.name,
    title: scenario.title,
    candidate: scenario.candidate,
    replicates: replicates.length,
    judges,
    limit,
    delayRatios:
      ours === undefined || limit === undefined
        ? undefined
        : {
            half: ratio(ours.halfFound, limit.halfFound),
            most: ratio(ours.mostFound, limit.mostFound),
            oracleHalf: ratio(ours.halfFound, limit.oracleHalfFound),
            oracleMost: ratio(ours.mostFound, limit.oracleMostFound),
          },
  };
};

const summariseJudge = (
  judge: JudgeName,
  replicates: readonly Replicate[],
  onset: number,
  horizon: number,
): JudgeSummary => {
  const outcomes = replicates.flatMap(({ outcomes: all }) => all[judge] ?? []);
  const failed = outcomes.flatMap(({ verdict, minute }) => (verdict === 'Fail' ? [minute] : []));
  const after = failed.filter((minute) => minute > onset).map((minute) => minute - onset);
  const promoted = outcomes.flatMap(({ verdict, minute }) => (verdict === 'Pass' ? [minute] : []));
  const minutes = Array.from({ length: horizon }, (_, m) => m + 1);
  const power = minutes.map((minute) => failed.filter((at) => at <= minute).length / outcomes.length);
  const reasons: Record<string, number> = {};
  for (const { reason } of outcomes) {
    if (reason !== undefined) reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  return {
    judge,
    rolledBack: failed.length,
    rolledBackShare: failed.length / outcomes.length,
    missedShare: 1 - failed.length / outcomes.length,
    medianMinute: quantile(after, 0.5),
    p90Minute: quantile(after, 0.9),
    halfFound: since(onset, reached(power, 0.5, minutes)),
    mostFound: since(onset, reached(power, 0.9, minutes)),
    promotedShare: promoted.length / outcomes.length,
    waveredShare: outcomes.filter(({ wavered }) => wavered === true).length / outcomes.length,
    promotedMinute: quantile(promoted, 0.5),
    power,
    reasons,
  };
};

const summariseLimit = (
  paths: readonly Float64Array[],
  looks: readonly number[],
  onset: number,
  horizon: number,
  rate: number,
): LimitSummary => {
  const { envelope, sequential } = informationLimit(paths, rate);
  let k = -1;
  const power = Array.from({ length: horizon }, (_, m) => {
    if (looks[k + 1] === m + 1) k += 1;
    return envelope[k] ?? 0;
  });
  return {
    halfFound: since(onset, reached(envelope, 0.5, looks)),
    mostFound: since(onset, reached(envelope, 0.9, looks)),
    power,
    oracleHalfFound: since(onset, reached(sequential, 0.5, looks)),
    oracleMostFound: since(onset, reached(sequential, 0.9, looks)),
  };
};

/** Nearest rank: a minute that was seen. */
const quantile = (values: readonly number[], share: number): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
};

const since = (onset: number, minute: number | undefined): number | undefined =>
  minute === undefined ? undefined : Math.max(0, minute - onset);

const ratio = (ours: number | undefined, limit: number | undefined): number | undefined =>
  ours === undefined || limit === undefined || limit === 0 ? undefined : ours / limit;
