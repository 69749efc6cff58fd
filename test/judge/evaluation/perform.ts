import type { Trial } from '../../../src/judge/trial/trial.ts';
import type { SimulatedWave } from '../fleet.ts';
import { oraclePath } from '../limit/oracle.ts';
import { pooledMetrics } from '../rivals/pooled-query.ts';
import { replicate, scenarioNamed } from '../scenarios.ts';
import { judgeByRivals, type JudgeName, type TunedRules } from './judges.ts';
import { acrossWaves, type Outcome } from './outcome.ts';
import type { Replicate, Task, TaskResult } from './task.ts';
import { tuningSample } from './tuning.ts';

/** Draws a task's replicates, and judges them or takes what tuning needs. */
export const perform = (task: Task, ours: (trial: Trial) => Outcome): TaskResult => {
  const scenario = scenarioNamed(task.scenario);
  const indices = Array.from({ length: task.to - task.from }, (_, k) => task.from + k);
  const waves = (index: number): readonly SimulatedWave[] => replicate(scenario, task.seed, index);
  const { tuned } = task;
  if (tuned === undefined) {
    const samples = indices
      .flatMap((index) => waves(index).slice(0, 1))
      .map(({ trial }) => tuningSample(trial));
    return { replicates: [], samples };
  }
  return {
    replicates: indices.map((index) => judged(waves(index), tuned, ours, index < task.oracleUntil)),
    samples: [],
  };
};

const judged = (
  waves: readonly SimulatedWave[],
  tuned: TunedRules,
  ours: (trial: Trial) => Outcome,
  withOracle: boolean,
): Replicate => {
  const [first] = waves;
  if (first === undefined) throw new Error('a replicate has at least one wave');
  const { horizonMinutes } = first.trial;
  const rivalsToo = pooledMetrics(first.trial).length > 0;
  const seen = new Map<JudgeName, Outcome[]>();
  const isOpen = (name: JudgeName): boolean => seen.get(name)?.at(-1)?.verdict !== 'Fail';
  for (const { trial } of waves) {
    const outcomes = {
      ...(isOpen('Outrigger') ? { Outrigger: ours(trial) } : {}),
      ...(rivalsToo ? judgeByRivals(trial, tuned) : {}),
    };
    for (const [name, outcome] of Object.entries(outcomes) as [JudgeName, Outcome][]) {
      if (isOpen(name)) seen.set(name, [...(seen.get(name) ?? []), outcome]);
    }
  }
  const outcomes: Partial<Record<JudgeName, Outcome>> = {};
  for (const [name, each] of seen) outcomes[name] = acrossWaves(each, horizonMinutes);
  // Of several waves each has an error rate of its own; the limit is worked out for one.
  return { outcomes, oracle: withOracle && waves.length === 1 ? oraclePath(first) : undefined };
};
