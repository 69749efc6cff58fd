import { panelOf } from './panel.ts';
import { freezeAt, lookAt } from './session.ts';
import type { TrialMemory, WaveDesign } from './session.ts';
import type { MetricVerdict, TrialVerdict } from './trial-verdict.ts';
import type { Trial } from './trial.ts';

export interface TrialLook {
  readonly minute: number;
  readonly verdict: TrialVerdict['verdict'];
  readonly reason: string;
  readonly message: string;
  readonly metrics: readonly MetricVerdict[];
}

export interface TrialResult {
  readonly looks: readonly TrialLook[];
  /** The first Fail, else the last look. */
  readonly final: Pick<TrialLook, 'minute' | 'verdict' | 'reason'>;
}

/** Takes all looks of a trial, one after the other, as they were or would have been taken while it went on. */
export const judgeTrial = (trial: Trial): TrialResult => {
  const design: WaveDesign = {
    ...trial,
    undrawn: trial.undrawn ?? [],
    memoryWhole: trial.memoryWhole ?? true,
  };
  const panel = panelOf(trial);
  const minutes = trial.looks.toSorted((a, b) => a - b);
  const baselines = finish(freezeAt(panel, minutes[0] ?? 0));
  const looks: TrialLook[] = [];
  let memory: TrialMemory = {};
  for (const minute of minutes) {
    const {
      memory: after,
      verdict,
      reason,
      message,
      metrics,
    } = finish(lookAt(design, baselines, panel, minute, memory));
    memory = after;
    looks.push({ minute, verdict, reason, message, metrics });
  }
  const { minute, verdict, reason } = looks.find((each) => each.verdict === 'Fail') ??
    looks.at(-1) ?? { minute: 0, verdict: 'Undecided' as const, reason: 'NoData' };
  return { looks, final: { minute, verdict, reason } };
};

/** Runs what is to be done in slices in one go. */
const finish = <Result>(work: Generator<void, Result>): Result => {
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value;
};
