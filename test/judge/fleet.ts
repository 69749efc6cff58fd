import type { Series, Track, Trial, TrialMetric } from '../../src/judge/trial/trial.ts';
import type { Effect, FleetModel, SimulatedCohort } from './fleet-model.ts';
import { EDGE_FLEET, NO_EFFECT } from './fleet-model.ts';
import type { Measured, NodeTruth, SharedPaths } from './simulated-node.ts';
import { simulateNode, type NodeRecord } from './simulated-node.ts';
import { Variates } from './variates.ts';
import { addWander } from './wander.ts';

export interface Simulation {
  readonly fleet: FleetModel;
  readonly effect: Effect;
  readonly metrics: readonly TrialMetric[];
  /** Error rate of all waves together. */
  readonly falseRollbackRate: number;
  /** Looks of each wave; each minute from the second on unless told. */
  readonly looks?: readonly number[] | undefined;
}

/** A trial, and what no judge can see. */
export interface SimulatedWave {
  readonly trial: Trial;
  readonly truth: WaveTruth;
}

export interface WaveTruth {
  readonly fleet: FleetModel;
  readonly effect: Effect;
  /** As in `trial.nodes`, by minute from the trial's first one on. */
  readonly nodes: readonly NodeTruth[];
  /** Whether the effect is on the node in this wave. */
  readonly hit: readonly boolean[];
}

export const EDGE_METRICS: readonly TrialMetric[] = [
  { name: 'errors', kind: 'ratio' },
  { name: 'latency', kind: 'latency', bounds: EDGE_FLEET.bounds },
];

const PLAIN: Simulation = {
  fleet: EDGE_FLEET,
  effect: NO_EFFECT,
  metrics: EDGE_METRICS,
  falseRollbackRate: 0.01,
};

/** A fleet in one wave. The same seed gives the same fleet on every machine, and the same nodes under every effect. */
export const simulate = (options: Partial<Simulation>, seed: string | number): SimulatedWave => {
  const [only] = simulateWaves(options, seed);
  if (only === undefined) throw new Error('a simulated fleet needs at least one wave');
  return only;
};

/**
 * One trial for each wave, one soak after the other. A wave's candidates are the nodes that switch when it begins; those
 * of earlier waves are in it no more, neither as candidates nor as controls.
 */
export const simulateWaves = (
  options: Partial<Simulation>,
  seed: string | number,
): readonly SimulatedWave[] => {
  const simulation: Simulation = { ...PLAIN, ...options };
  const { fleet, effect } = simulation;
  const { cohorts, historyMinutes, horizonMinutes } = fleet;
  const waves = Math.max(...cohorts.map((cohort) => sizes(cohort).length));
  const minutes = historyMinutes + waves * horizonMinutes;
  const measured = new Set<Measured>(simulation.metrics.map(({ kind }) => MEASURED[kind]));
  const shared = fleetPaths(new Variates(`${seed}/fleet`), fleet, minutes);
  const nodes: Member[] = [];
  for (const [c, cohort] of cohorts.entries()) {
    const paths = cohortPaths(new Variates(`${seed}/cohort/${c}`), fleet, minutes);
    const order = shuffled(new Variates(`${seed}/draw/${c}`), cohort.nodes);
    const sizesOfWaves = sizes(cohort);
    const touched = effect.cohorts === undefined || effect.cohorts.includes(cohort.name);
    const dark = Math.ceil(effect.dark * (sizesOfWaves.at(-1) ?? 0));
    for (let i = 0; i < cohort.nodes; i += 1) {
      const turn = order[i] ?? 0;
      const wave = sizesOfWaves.findIndex((size) => turn < size);
      const hit = touched && wave >= 0;
      const record = simulateNode(
        {
          model: fleet,
          cohort,
          minutes,
          switchedAt: wave < 0 ? Number.POSITIVE_INFINITY : historyMinutes + wave * horizonMinutes,
          effect: hit ? effect : NO_EFFECT,
          dark: hit && turn < dark,
          bursting: c === 0 && turn === 0,
          fleet: shared,
          cohortPaths: paths,
          measured,
        },
        `${seed}/node/${c}/${i}`,
      );
      nodes.push({ name: `${cohort.name}-${i}`, cohort: cohort.name, wave, hit, record });
    }
  }
  return Array.from({ length: waves }, (_, wave) => cut(simulation, nodes, wave, waves, String(seed)));
};

interface Member {
  readonly name: string;
  readonly cohort: string;
  /** In which it switches; -1: in none. */
  readonly wave: number;
  readonly hit: boolean;
  readonly record: NodeRecord;
}

const MEASURED = { ratio: 'errors', latency: 'latency', mean: 'confidence', drift: 'scores' } as const;

const sizes = ({ candidates }: SimulatedCohort): readonly number[] =>
  typeof candidates === 'number' ? [candidates] : candidates;

const paths = (minutes: number): SharedPaths => ({
  traffic: new Float64Array(minutes),
  errors: new Float64Array(minutes),
  latency: new Float64Array(minutes),
  confidence: new Float64Array(minutes),
  scores: new Float64Array(minutes),
});

const fleetPaths = (random: Variates, fleet: FleetModel, minutes: number): SharedPaths => {
  const made = paths(minutes);
  addWander(random, made.traffic, 0, minutes, fleet.traffic[0], 60);
  addWander(random, made.errors, 0, minutes, fleet.errors.fleet, fleet.errors.fleetTau);
  addWander(random, made.latency, 0, minutes, fleet.latency.fleet, fleet.latency.fleetTau);
  addWander(random, made.confidence, 0, minutes, fleet.confidence.fleet, 30);
  addWander(random, made.scores, 0, minutes, fleet.scores.fleet, 30);
  return made;
};

const cohortPaths = (random: Variates, fleet: FleetModel, minutes: number): SharedPaths => {
  const made = paths(minutes);
  addWander(random, made.errors, 0, minutes, fleet.errors.cohort, fleet.errors.cohortTau);
  addWander(random, made.latency, 0, minutes, fleet.latency.cohort, fleet.latency.cohortTau);
  return made;
};

/** The place of each node in its cohort's random order. */
const shuffled = (random: Variates, size: number): readonly number[] => {
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i -= 1) {
    const j = Math.floor(random.uniform() * (i + 1));
    const kept = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = kept;
  }
  return order;
};

/** The trial of one wave: its history, its soak, and the nodes that ran stable when it began. */
const cut = (
  { fleet, effect, metrics, falseRollbackRate, looks }: Simulation,
  nodes: readonly Member[],
  wave: number,
  waves: number,
  seed: string,
): SimulatedWave => {
  const from = wave * fleet.horizonMinutes;
  const to = from + fleet.historyMinutes + fleet.horizonMinutes;
  const start = from + fleet.historyMinutes;
  const minutes = Array.from({ length: to - from }, (_, m) => m - fleet.historyMinutes);
  const present = nodes.filter((node) => node.wave < 0 || node.wave >= wave);
  const tracks = present.map(({ name, cohort, wave: own, record }): Track => {
    const total = record.total.slice(from, to);
    const series: Record<string, Series> = {};
    for (const metric of metrics) series[metric.name] = seriesOf(metric, record, total, from, to);
    const arrived = record.arrived.slice(from, to).map((at) => (at === null ? null : at - start));
    return { name, cohort, candidate: own === wave, minutes, arrived, series };
  });
  return {
    trial: {
      falseRollbackRate: falseRollbackRate / waves,
      method: 'Auto',
      seed: `${seed}/judge/${wave}`,
      horizonMinutes: fleet.horizonMinutes,
      looks: looks ?? Array.from({ length: fleet.horizonMinutes - 1 }, (_, k) => k + 2),
      metrics,
      nodes: tracks,
    },
    truth: {
      fleet,
      effect,
      nodes: present.map(({ record }) => ({
        errors: record.truth.errors.subarray(from, to),
        latency: record.truth.latency.subarray(from, to),
        ownErrors: record.truth.ownErrors.subarray(from, to),
        ownLatency: record.truth.ownLatency.subarray(from, to),
        shift: record.truth.shift,
      })),
      hit: present.map((node) => node.hit && node.wave === wave),
    },
  };
};

const seriesOf = (
  { kind }: TrialMetric,
  record: NodeRecord,
  total: readonly number[],
  from: number,
  to: number,
): Series => {
  switch (kind) {
    case 'ratio':
      return { total, bad: record.bad.slice(from, to) };
    case 'latency':
      return { buckets: record.buckets.slice(from, to) };
    case 'mean':
      return { sum: record.confidenceSum.slice(from, to), count: total };
    case 'drift':
      return { buckets: record.scores.slice(from, to) };
  }
};
