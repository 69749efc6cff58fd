import type { CandidateMemory, WaveStep } from './memory.ts';
import { sawData } from './settle-verdicts.ts';
import { trialMetric } from './trial-metric.ts';

/**
 * The share of the false-rollback rate that one look at one metric of the pods or of a query may spend: shared out over
 * metrics and the waves that soak, and over the looks of a wave by 6/(pi k)^2 (0.61, 0.15, 0.07, ...), which sums to
 * one, so that the sum over the whole rollout stays within the stated rate (a union bound, valid under any
 * dependence). A series that falls faster would leave the later looks of a long night nothing to decide with. Cohorts
 * that walk later, on their own, go on where the looks of the same wave before them ended.
 */
export function alphaOf(memory: CandidateMemory, step: WaveStep, metric: string): number {
  const before = memory.walks
    .flatMap(({ steps }) => steps.filter(({ index }) => index === step.index))
    .flatMap(({ windows }) => windows)
    .filter(({ verdicts }) => verdicts?.some((each) => each.metric === metric && sawData(each)));
  return (waveRate(memory) / Math.max(1, memory.metrics.length)) * share(before.length + 1);
}

/**
 * The share that a wave's sequential trial may spend over all its looks, of all its metrics together: those of k of n
 * metrics. Most rollouts have one trial in each wave, which gets three quarters; the rest is for those that follow
 * where cohorts left the wave or walk later on their own, however many they are.
 *
 * @param trial how many trials of this wave were begun before, in any walk
 */
export function trialAlpha(memory: CandidateMemory, trial: number): number {
  const judged = memory.metrics.filter((metric) => trialMetric(metric) !== undefined).length;
  const part = trial === 0 ? FIRST_TRIAL : (1 - FIRST_TRIAL) * share(trial);
  return ((waveRate(memory) * judged) / Math.max(1, memory.metrics.length)) * part;
}

const FIRST_TRIAL = 0.75;

function waveRate(memory: CandidateMemory): number {
  const waves = Math.max(1, memory.waves.filter(({ soakMs }) => soakMs > 0).length);
  return memory.analysis.falseRollbackRate / waves;
}

/** @param k from 1 on */
function share(k: number): number {
  return 6 / (Math.PI * k) ** 2;
}
