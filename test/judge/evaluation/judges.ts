import type { Trial } from '../../../src/judge/trial/trial.ts';
import {
  armSeries,
  increases,
  type MannWhitneyRule,
  mannWhitneyJudge,
} from '../rivals/mann-whitney-judge.ts';
import { measure, thresholdJudge, type ThresholdRule } from '../rivals/threshold-judge.ts';
import type { Outcome } from './outcome.ts';

export type JudgeName =
  | 'Outrigger'
  | 'Threshold1m'
  | 'Threshold5m'
  | 'ThresholdTuned'
  | 'MannWhitney'
  | 'MannWhitneyOnce'
  | 'MannWhitneyTuned';

export const JUDGE_TITLES: Readonly<Record<JudgeName, string>> = {
  Outrigger: 'Outrigger',
  Threshold1m: 'threshold, 1 minute, limit 0',
  Threshold5m: 'threshold, 5 minutes, limit 5',
  ThresholdTuned: 'threshold, tuned to 1 %',
  MannWhitney: 'Mann-Whitney, each minute',
  MannWhitneyOnce: 'Mann-Whitney, once at the end',
  MannWhitneyTuned: 'Mann-Whitney, tuned to 1 %',
};

/** The rules that an oracle has chosen, knowing what harmless candidates look like in this very sample. */
export interface TunedRules {
  readonly threshold: ThresholdRule;
  readonly mannWhitney: MannWhitneyRule['allowed'];
}

/** Half as many errors again, a fifth slower: limits as people write them. */
const USUAL = { ratio: 1.5, latency: 1.2 };
const ANY_INCREASE = { ratio: 1, latency: 1 };

/** From the tenth minute on: a rank test of fewer points finds nothing. */
export const EACH_MINUTE = (horizon: number): readonly number[] =>
  Array.from({ length: Math.max(0, horizon - 9) }, (_, k) => k + 10);

/** How each rival left a trial. */
export const judgeByRivals = (
  trial: Trial,
  tuned: TunedRules,
): Readonly<Partial<Record<JudgeName, Outcome>>> => {
  const { horizonMinutes } = trial;
  const eachMinute = EACH_MINUTE(horizonMinutes);
  const found = increases(armSeries(trial), eachMinute);
  const byThreshold = (rule: ThresholdRule): Outcome =>
    outcome(trial, thresholdJudge(measure(trial, rule), rule));
  const byRanks = (allowed: MannWhitneyRule['allowed'], looks: readonly number[]): Outcome =>
    outcome(trial, mannWhitneyJudge(found, { looks, allowed }));
  return {
    Threshold1m: byThreshold({ window: 1, baseline: 'Fleet', by: 'Fleet', limit: 0, times: USUAL }),
    Threshold5m: byThreshold({ window: 5, baseline: 'Fleet', by: 'Fleet', limit: 5, times: USUAL }),
    ThresholdTuned: byThreshold(tuned.threshold),
    MannWhitney: byRanks(ANY_INCREASE, eachMinute),
    MannWhitneyOnce: byRanks(ANY_INCREASE, [horizonMinutes]),
    MannWhitneyTuned: byRanks(tuned.mannWhitney, eachMinute),
  };
};

/** Neither rival knows a verdict but these two: what has not failed by the end is promoted. */
const outcome = ({ horizonMinutes }: Trial, failedAt: number | undefined): Outcome =>
  failedAt === undefined
    ? { verdict: 'Pass', minute: horizonMinutes }
    : { verdict: 'Fail', minute: failedAt };
