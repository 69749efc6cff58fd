import { canonicalJson } from '../../api/canonical.ts';
import { ROLLOUT_DEFAULTS } from '../../api/defaults.ts';
import { prometheusTiming } from '../../api/prometheus-settings.ts';
import { scaled } from '../../api/rollout-settings.ts';
import type { WaveDesign } from '../../judge/trial/session.ts';
import { reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { AdvanceInput } from './advance-outcome.ts';
import { trialAlpha } from './error-rate.ts';
import type { JudgeAnswer, JudgeNeed } from './judge-need.ts';
import { awayNodes, judgedNodes } from './judged-nodes.ts';
import type { JudgedNode } from './judged-nodes.ts';
import { dueLook, nextLookAt } from './look-times.ts';
import { measuredIn } from './measured-in.ts';
import { currentWalk } from './memory.ts';
import type { CandidateMemory, CohortVerdict, SoakWindow, WaveStep } from './memory.ts';
import { metricName } from './metric-rule.ts';
import { trialMetric } from './trial-metric.ts';
import { damageOf } from './trial-record.ts';
import type { TrialRecord } from './trial-record.ts';
import { newerPods } from './newer-pods.ts';

/** What the sequential judge says of a wave now. */
export type TrialLook =
  /** No metric of this attempt is judged by it, or no node of the wave. */
  | { readonly kind: 'None' }
  | { readonly kind: 'Need'; readonly need: JudgeNeed }
  /** To be written down before anything rests on it. */
  | { readonly kind: 'Remember'; readonly step: WaveStep; readonly event: Reason | undefined }
  | {
      readonly kind: 'Looked';
      /** Steps that the newest look saw; undefined before the first. */
      readonly minute: number | undefined;
      readonly verdicts: readonly CohortVerdict[];
      /** When the next look is due, ms since the epoch. */
      readonly nextAt: number;
    };

/**
 * The newest look that is due at a wave's first window and beyond it, for the cohorts that walk. Looks go on until the
 * wave is over, also while it is held: harm does not wait.
 *
 * @param cohorts those that walk and that the wave added nodes to
 */
export function trialLook(
  input: AdvanceInput,
  step: WaveStep,
  window: SoakWindow,
  cohorts: readonly string[],
): TrialLook {
  const { memory } = input;
  const metrics = memory.metrics.flatMap((metric) => {
    const trial = trialMetric(metric);
    return trial === undefined ? [] : [{ metric, trial }];
  });
  if (metrics.length === 0 || cohorts.length === 0) return { kind: 'None' };
  const record = step.trials?.at(-1);
  if (record === undefined || !sameCohorts(record.cohorts, cohorts))
    return { kind: 'Remember', step: withTrial(input, step, cohorts), event: undefined };

  const { resolutionMs } = memory.analysis;
  const times = {
    from: window.from,
    resolutionMs,
    queryDelayMs: prometheusTiming(input.prometheus, resolutionMs).queryDelayMs,
    inconclusiveAfterMs: input.settings.inconclusiveAfterMs,
  };
  const subject = subjectOf(memory, step);
  const due = dueLook(times, input.now);
  if (due === undefined) return { kind: 'Looked', minute: due, verdicts: [], nextAt: nextLookAt(times, due) };
  // Where Prometheus takes as long as a step the next look is due as soon as this one is taken.
  const last = input.taken.findLast((each) => each.subject === subject);
  const restsUntil = (last?.at ?? 0) + resolutionMs / 4;
  const rests = last !== undefined && last.minute < due && input.now < restsUntil;
  const minute = rests ? last.minute : due;
  const nextAt = Math.max(nextLookAt(times, minute), restsUntil);
  const key = `${subject}/${minute}`;
  const measured = metrics.map(({ metric, trial }) => ({
    metric,
    trial,
    cohorts: cohorts.filter((cohort) => measuredIn(metric, cohort, step, input.states)),
  }));
  // Also where the look was taken already: what is found here may not have been written down since.
  const nodes = judgedNodes(memory, step, record, input.states, input.stablePod);
  const lost = record.lost === undefined ? lossOf(input, record, nodes) : undefined;
  if (lost !== undefined) return lostRecord(step, record, lost);
  const taken = input.taken.find((each) => each.key === key);
  if (taken === undefined) {
    const need: JudgeNeed = {
      kind: 'Judge',
      key,
      owner: input.rolloutName,
      subject,
      design: designOf(memory, step, record, window),
      nodes,
      metrics: measured.map(({ metric, cohorts: where }) => ({ metric, cohorts: where })),
      from: window.from,
      resolutionMs,
      minute,
      historyEnd: Math.min(window.from, Date.parse(step.startedAt)),
      historyMs: historyMsOf(memory),
      groupBy: memory.analysis.groupBy,
      memory: record.memory ?? {},
      baselines: record.baselines,
      prometheus: input.prometheus,
      namespace: input.namespace,
    };
    return { kind: 'Need', need };
  }

  const { answer, whole } = taken;
  const seen = { from: window.from, to: window.from + minute * resolutionMs };
  const verdicts = measured.flatMap(({ metric, cohorts: where }) =>
    where.map((cohort) => withLoss(record, verdictOf(answer, metricName(metric), cohort, seen))),
  );
  // A look that still relied on what was lost adds nothing to the record, and its verdicts are not taken.
  if (whole && record.lost !== undefined)
    return {
      kind: 'Looked',
      minute,
      verdicts: verdicts.map((each) => unreliable(each, record.lost)),
      nextAt,
    };
  if (answer.kind === 'Looked') {
    const failing = verdicts.some(({ verdict }) => verdict === 'Fail');
    const next: TrialRecord = {
      ...record,
      // Frozen at the first look, and never again.
      ...(record.baselines === undefined &&
        record.leftOut === undefined && { judged: nodes.length, baselines: answer.baselines }),
      memory: answer.memory,
      ...(failing && { verdicts }),
    };
    if (canonicalJson(next) !== canonicalJson(record))
      return { kind: 'Remember', step: replaced(step, next), event: undefined };
  }
  return { kind: 'Looked', minute, verdicts, nextAt };
}

/** The same step with the verdicts that it passed by. */
export function withTrialVerdicts(step: WaveStep, verdicts: readonly CohortVerdict[]): WaveStep {
  const record = step.trials?.at(-1);
  return record === undefined ? step : replaced(step, { ...record, verdicts });
}

/** The step with a trial of these cohorts, beside those that were begun before. */
export function withTrial(
  { memory, states }: Pick<AdvanceInput, 'memory' | 'states'>,
  step: WaveStep,
  cohorts: readonly string[],
): WaveStep {
  const judged = memory.metrics.some((metric) => trialMetric(metric) !== undefined);
  if (!judged || cohorts.length === 0) return step;
  const away = awayNodes(step, cohorts, states);
  const record: TrialRecord = {
    cohorts,
    ...(away.length > 0 && { away }),
    ...(step.recovered === true && {
      lost: 'the record of this attempt was gone and was made again from what runs',
    }),
  };
  return { ...step, trials: [...(step.trials ?? []), record] };
}

/** How much of the nodes' past is looked at, ms. */
export function historyMsOf({ analysis }: CandidateMemory): number {
  return analysis.historyMs ?? scaled(ROLLOUT_DEFAULTS.analysis.history, analysis.resolutionMs);
}

/** @param memory with nothing after the record, which is the last of the step's */
export function designOf(
  memory: CandidateMemory,
  step: WaveStep,
  record: TrialRecord,
  window: SoakWindow,
): WaveDesign {
  const { analysis, waves, walks } = memory;
  const before = walks
    .flatMap(({ steps }) => steps)
    .filter(({ index }) => index === step.index)
    .reduce((sum, { trials = [] }) => sum + trials.length, 0);
  return {
    falseRollbackRate: trialAlpha(memory, before - 1),
    method: analysis.method ?? ROLLOUT_DEFAULTS.analysis.method,
    seed: `${memory.seed}/${step.index}/${before}`,
    horizonMinutes: Math.max(
      1,
      Math.ceil((waves[step.index]?.soakMs ?? window.to - window.from) / analysis.resolutionMs),
    ),
    resolutionMs: analysis.resolutionMs,
    metrics: memory.metrics.flatMap((metric) => trialMetric(metric) ?? []),
    undrawn: record.cohorts.filter((cohort) => step.cohorts[cohort]?.drawn !== true),
    memoryWhole: record.lost === undefined,
  };
}

function subjectOf(memory: CandidateMemory, step: WaveStep): string {
  const walk = memory.walks.indexOf(currentWalk(memory) ?? { cohorts: [], steps: [] });
  return `${memory.revision}.${memory.attempt}/${walk}/${step.index}/${step.trials?.length ?? 0}`;
}

/** Why the record cannot be relied on; undefined where it is whole. */
function lossOf(
  { memory, states }: AdvanceInput,
  record: TrialRecord,
  nodes: readonly JudgedNode[],
): string | undefined {
  const damage = damageOf(record, nodes.length);
  if (damage !== undefined) return damage;
  const newer = newerPods(memory, states);
  return newer === undefined
    ? undefined
    : `it is older than the pods: ${newer} runs the candidate, and the record does not know of it`;
}

/** What is left of it is not added to: the exact test is over for this wave, and the rest is judged from here on. */
function lostRecord(step: WaveStep, { cohorts, away, leftOut }: TrialRecord, lost: string): TrialLook {
  const record: TrialRecord = {
    cohorts,
    ...(away !== undefined && { away }),
    ...(leftOut !== undefined && { leftOut }),
    lost,
  };
  return {
    kind: 'Remember',
    step: replaced(step, record),
    event: reason(
      'MemoryLost',
      `what the judge remembers of this wave cannot be relied on: ${lost}; the exact test is off, and the wave passes only by a person`,
    ),
  };
}

function replaced(step: WaveStep, record: TrialRecord): WaveStep {
  return { ...step, trials: [...(step.trials ?? []).slice(0, -1), record] };
}

function verdictOf(answer: JudgeAnswer, metric: string, cohort: string, window: SoakWindow): CohortVerdict {
  const nothing = { nodes: 0, controls: 0, samples: 0, test: 'None' };
  if (answer.kind === 'Unavailable') {
    const { reason: code, message } = answer;
    return { ...nothing, metric, cohort, window, verdict: 'Undecided', reason: code, message };
  }
  const found = answer.metrics
    .find(({ name }) => name === metric)
    ?.cohorts.find((each) => each.cohort === cohort);
  if (found === undefined) {
    const message = 'no node of this cohort is judged by this metric';
    return { ...nothing, metric, cohort, window, verdict: 'Undecided', reason: 'NoCandidates', message };
  }
  const { cohort: _, ...verdict } = found;
  return { ...verdict, metric, cohort, window };
}

/** Nothing is promoted on a record that was lost, whatever the judge says. */
function withLoss({ lost }: TrialRecord, verdict: CohortVerdict): CohortVerdict {
  return lost === undefined || verdict.verdict !== 'Pass' ? verdict : unreliable(verdict, lost);
}

function unreliable(verdict: CohortVerdict, lost: string | undefined): CohortVerdict {
  return {
    ...verdict,
    verdict: 'Undecided',
    reason: 'MemoryLost',
    message: `${verdict.message}; but what the judge remembered of this wave cannot be relied on: ${lost ?? ''}; a person decides`,
  };
}

function sameCohorts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((cohort) => b.includes(cohort));
}
