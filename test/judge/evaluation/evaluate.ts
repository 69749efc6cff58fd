import { type Family, type Scenario, scenarioNamed, TUNED_ON } from '../scenarios.ts';
import type { TunedRules } from './judges.ts';
import { type ScenarioSummary, summarise } from './summary.ts';
import type { Replicate } from './task.ts';
import { tune, type TuningSample } from './tuning.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface EvaluationOptions {
  readonly scenarios: readonly Scenario[];
  readonly seed: string;
  readonly replicates: (scenario: Scenario) => number;
  /** Replicates of a scenario that the oracle is asked about. */
  readonly oracleReplicates: number;
  readonly progress: (line: string) => void;
}

export interface Evaluation {
  readonly seed: string;
  readonly scenarios: readonly ScenarioSummary[];
  readonly tuned: Readonly<Partial<Record<Family, TunedRules>>>;
}

/** The error rate that the rivals are tuned to: that of the trials. */
const RATE = 0.01;

/** Draws and judges all scenarios on the pool's threads. */
export const evaluate = async (pool: WorkerPool, options: EvaluationOptions): Promise<Evaluation> => {
  const tuned: Partial<Record<Family, TunedRules>> = {};
  const scenarios: ScenarioSummary[] = [];
  for (const scenario of options.scenarios) {
    const { family, name } = scenario;
    const rules = tuned[family] ?? (await tunedFor(pool, family, options));
    tuned[family] = rules;
    const from = performance.now();
    const count = options.replicates(scenario);
    const parts = await Promise.all(
      chunks(count).map(([start, to]) =>
        pool.run({
          scenario: name,
          seed: options.seed,
          from: start,
          to,
          tuned: rules,
          oracleUntil: scenario.candidate === 'Harmful' ? options.oracleReplicates : 0,
        }),
      ),
    );
    const replicates: Replicate[] = parts.flatMap((part) => part.replicates);
    scenarios.push(summarise(scenario, replicates));
    options.progress(`${name}: ${count} replicates, ${((performance.now() - from) / 1_000).toFixed(1)} s`);
  }
  return { seed: options.seed, scenarios, tuned };
};

const tunedFor = async (
  pool: WorkerPool,
  family: Family,
  { seed, replicates, progress }: EvaluationOptions,
): Promise<TunedRules> => {
  const samples = async (name: string): Promise<readonly TuningSample[]> => {
    const parts = await Promise.all(
      chunks(replicates(scenarioNamed(name))).map(([from, to]) =>
        pool.run({ scenario: name, seed, from, to, tuned: undefined, oracleUntil: 0 }),
      ),
    );
    return parts.flatMap((part) => part.samples);
  };
  const { harmless, harmful } = TUNED_ON[family];
  const rules = tune(await samples(harmless), await samples(harmful), RATE);
  const { threshold, mannWhitney } = rules;
  progress(
    `tuned on ${harmless} and ${harmful}: ${threshold.window} min, limit ${threshold.limit}, ` +
      `${threshold.times.ratio.toFixed(2)} × errors, ${threshold.times.latency.toFixed(2)} × latency of ` +
      `${threshold.baseline} by ${threshold.by}; rank test ${mannWhitney.ratio.toFixed(2)} and ${mannWhitney.latency.toFixed(2)}`,
  );
  return rules;
};

const CHUNK = 10;

const chunks = (count: number): readonly (readonly [number, number])[] =>
  Array.from({ length: Math.ceil(count / CHUNK) }, (_, k) => [k * CHUNK, Math.min(count, (k + 1) * CHUNK)]);
