import type { Effect, FleetModel, LogNoise, SimulatedCohort } from './fleet-model.ts';
import { normalCdf } from './normal-distribution.ts';
import { Variates } from './variates.ts';
import { addWander, tauOf } from './wander.ts';

/** Which of the four metrics to draw; those left out cost nothing. */
export type Measured = 'errors' | 'latency' | 'confidence' | 'scores';

/** One Float64Array each, by minute since the history began. */
export interface SharedPaths {
  readonly traffic: Float64Array;
  readonly errors: Float64Array;
  readonly latency: Float64Array;
  readonly confidence: Float64Array;
  readonly scores: Float64Array;
}

export interface NodePlan {
  readonly model: FleetModel;
  readonly cohort: SimulatedCohort;
  readonly minutes: number;
  /** Minute since the history began at which it runs the candidate; Infinity: never. */
  readonly switchedAt: number;
  /** What the candidate does to this node. */
  readonly effect: Effect;
  /** This one goes dark for good, or bursts, where the effect says so. */
  readonly dark: boolean;
  readonly bursting: boolean;
  readonly fleet: SharedPaths;
  readonly cohortPaths: SharedPaths;
  readonly measured: ReadonlySet<Measured>;
}

/** Everything that one node did, minute by minute since the history began, and what is true of it. */
export interface NodeRecord {
  readonly total: number[];
  readonly bad: number[];
  readonly buckets: number[][];
  readonly confidenceSum: number[];
  readonly scores: number[][];
  /** Minute at which the sample could be seen; null: never. */
  readonly arrived: (number | null)[];
  readonly truth: NodeTruth;
}

/** The log rates without what the candidate did, in the part that others share or that is fixed, and the node's own. */
export interface NodeTruth {
  /** Class, node, fleet and class shocks, bursts. */
  readonly errors: Float64Array;
  readonly latency: Float64Array;
  /** Slow wander and flutter from minute to minute, which nothing else reveals. */
  readonly ownErrors: Float64Array;
  readonly ownLatency: Float64Array;
  /** Shift of the log error rate when the first wave begins, not in the paths above. */
  readonly shift: number;
}

export const simulateNode = (plan: NodePlan, seed: string): NodeRecord => {
  const { model, cohort, minutes, switchedAt, effect, fleet, cohortPaths, measured } = plan;
  const random = new Variates(`${seed}/path`);
  const starts = switchedAt + effect.onset;

  const perMinute =
    60 * Math.exp(Math.log(model.rps[0]) + random.uniform() * Math.log(model.rps[1] / model.rps[0]));
  const traffic = new Float64Array(minutes);
  addWander(random, traffic, 0, minutes, model.traffic[1], 20);
  const errors = fixedPart(
    random,
    Math.log(cohort.errorRate),
    model.errors,
    fleet.errors,
    cohortPaths.errors,
  );
  const latency = fixedPart(
    random,
    Math.log(cohort.medianSeconds),
    model.latency,
    fleet.latency,
    cohortPaths.latency,
  );
  const ownErrors = ownPart(random, model.errors, minutes);
  const ownLatency = ownPart(random, model.latency, minutes);
  addBursts(random, model, errors, latency);
  const shift = model.shift > 0 ? model.shift * random.studentT(3) : 0;
  if (plan.bursting && effect.burst !== undefined) {
    const from = switchedAt + effect.burst.from;
    const to = Math.min(minutes, from + effect.burst.minutes);
    for (let m = from; m < to; m += 1) errors[m] = (errors[m] ?? 0) + Math.log(effect.burst.errors);
  }

  const requests = new Variates(`${seed}/requests`);
  const total: number[] = [];
  for (let m = 0; m < minutes; m += 1) {
    total.push(requests.poisson(perMinute * Math.exp((fleet.traffic[m] ?? 0) + (traffic[m] ?? 0))));
  }

  const bad: number[] = [];
  if (measured.has('errors')) {
    const counts = new Variates(`${seed}/errors`);
    const more = Math.log(effect.errors);
    for (let m = 0; m < minutes; m += 1) {
      // All nodes shift when the first wave begins, not only those that switch.
      const moved = (m >= model.historyMinutes ? shift : 0) + (m >= starts ? more : 0);
      const log = (errors[m] ?? 0) + (ownErrors[m] ?? 0) + moved;
      bad.push(counts.binomial(total[m] ?? 0, Math.min(Math.exp(log), 0.9)));
    }
  }
  return {
    total,
    bad,
    buckets: measured.has('latency') ? latencyBuckets(plan, starts, latency, ownLatency, total, seed) : [],
    confidenceSum: measured.has('confidence') ? confidenceSums(plan, starts, total, seed) : [],
    scores: measured.has('scores') ? scoreHistograms(plan, starts, total, seed) : [],
    arrived: arrivals(plan, starts, seed),
    truth: { errors, latency, ownErrors, ownLatency, shift },
  };
};

const fixedPart = (
  random: Variates,
  usual: number,
  noise: LogNoise,
  fleet: Float64Array,
  cohort: Float64Array,
): Float64Array => {
  const base = usual + noise.node * random.normal();
  const path = new Float64Array(fleet.length);
  for (let m = 0; m < path.length; m += 1) path[m] = base + (fleet[m] ?? 0) + (cohort[m] ?? 0);
  return path;
};

const ownPart = (random: Variates, noise: LogNoise, minutes: number): Float64Array => {
  const path = new Float64Array(minutes);
  addWander(random, path, 0, minutes, noise.slow, noise.slowTau);
  addWander(random, path, 0, minutes, noise.minute, tauOf(noise.carry));
  return path;
};

/** Bursts may overlap, and then their factors multiply. */
const addBursts = (
  random: Variates,
  model: FleetModel,
  errors: Float64Array,
  latency: Float64Array,
): void => {
  const { chance, minutes, errors: moreErrors, latency: slower } = model.bursts;
  if (chance === 0) return;
  for (let m = 0; m < errors.length; m += 1) {
    if (random.uniform() >= chance) continue;
    const to = Math.min(errors.length, m + random.geometric(1 / minutes));
    for (let k = m; k < to; k += 1) {
      errors[k] = (errors[k] ?? 0) + Math.log(moreErrors);
      latency[k] = (latency[k] ?? 0) + Math.log(slower);
    }
  }
};

const latencyBuckets = (
  { model, effect, minutes }: NodePlan,
  starts: number,
  known: Float64Array,
  own: Float64Array,
  total: readonly number[],
  seed: string,
): number[][] => {
  const random = new Variates(`${seed}/latency`);
  const slower = Math.log(effect.latency);
  const chances = new Float64Array(model.bounds.length + 1);
  const logBounds = Float64Array.from(model.bounds, Math.log);
  const none = Array.from(chances);
  const buckets: number[][] = [];
  for (let m = 0; m < minutes; m += 1) {
    const log = (known[m] ?? 0) + (own[m] ?? 0) + (m >= starts ? slower : 0);
    lognormalChances(logBounds, log, model.latencyWithin, chances);
    const counts = none.slice();
    random.multinomial(total[m] ?? 0, chances, counts);
    buckets.push(counts);
  }
  return buckets;
};

/** Chances of a lognormal's buckets, written to `into`; bounds are logs, the last bucket has none. */
export const lognormalChances = (
  logBounds: Float64Array,
  logMedian: number,
  within: number,
  into: Float64Array,
): void => {
  let below = 0;
  for (let b = 0; b < logBounds.length; b += 1) {
    const z = ((logBounds[b] ?? 0) - logMedian) / within;
    // Beyond nine deviations nothing is left that a double could tell from 0 or 1.
    const cdf = z < -9 ? 0 : z > 9 ? 1 : normalCdf(z);
    into[b] = cdf - below;
    below = cdf;
  }
  into[logBounds.length] = 1 - below;
};

const confidenceSums = (
  { model, effect, minutes, fleet }: NodePlan,
  starts: number,
  total: readonly number[],
  seed: string,
): number[] => {
  const { mean, within, node, slow, minute } = model.confidence;
  const random = new Variates(`${seed}/confidence`);
  const path = new Float64Array(minutes).fill(mean + node * random.normal());
  addWander(random, path, 0, minutes, slow, 120);
  addWander(random, path, 0, minutes, minute, tauOf(0.6));
  return Array.from({ length: minutes }, (_, m) => {
    const n = total[m] ?? 0;
    const centre = (path[m] ?? 0) + (fleet.confidence[m] ?? 0) + (m >= starts ? effect.confidence : 0);
    // A sum of n values of which only the mean and the deviation matter; it cannot leave [0, n].
    const sum = n * centre + Math.sqrt(n) * within * random.normal();
    return Math.min(n, Math.max(0, sum));
  });
};

const scoreHistograms = (
  { model, effect, minutes, fleet }: NodePlan,
  starts: number,
  total: readonly number[],
  seed: string,
): number[][] => {
  const { bins, rho, slow } = model.scores;
  const random = new Variates(`${seed}/scores`);
  const own = Float64Array.from({ length: bins }, () => (rho > 0 ? random.gamma((1 / rho - 1) / bins) : 1));
  const path = new Float64Array(minutes);
  addWander(random, path, 0, minutes, slow, 120);
  const edges = Float64Array.from({ length: bins - 1 }, (_, b) => normalQuantile((b + 1) / bins));
  const chances = new Float64Array(bins);
  const none = Array.from(chances);
  const histograms: number[][] = [];
  for (let m = 0; m < minutes; m += 1) {
    const moved = (path[m] ?? 0) + (fleet.scores[m] ?? 0) + (m >= starts ? effect.scores : 0);
    let below = 0;
    let sum = 0;
    for (let b = 0; b < bins; b += 1) {
      const cdf = b < bins - 1 ? normalCdf((edges[b] ?? 0) - moved) : 1;
      const weight = (own[b] ?? 0) * (cdf - below);
      chances[b] = weight;
      sum += weight;
      below = cdf;
    }
    for (let b = 0; b < bins; b += 1) chances[b] = (chances[b] ?? 0) / sum;
    const counts = none.slice();
    random.multinomial(total[m] ?? 0, chances, counts);
    histograms.push(counts);
  }
  return histograms;
};

/** By bisection: called a few times for each node. */
const normalQuantile = (p: number): number => {
  let low = -9;
  let high = 9;
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

/** A sample arrives when the node is next in reach. What the history holds was all there when the wave began. */
const arrivals = (
  { model, effect, minutes, dark }: NodePlan,
  starts: number,
  seed: string,
): (number | null)[] => {
  const random = new Variates(`${seed}/outages`);
  const away = new Uint8Array(minutes);
  for (let m = 0; m < minutes; m += 1) {
    const chance = model.outages.chance * (m >= starts ? effect.outages : 1);
    if (chance === 0 || random.uniform() >= chance) continue;
    away.fill(1, m, m + 1 + Math.floor(random.exponential(model.outages.minutes)));
  }
  if (dark && starts < minutes) away.fill(1, starts);
  const arrived: (number | null)[] = Array.from(away);
  let next: number | null = null;
  for (let m = minutes - 1; m >= 0; m -= 1) {
    if (away[m] === 0) next = m;
    arrived[m] = m < model.historyMinutes ? m : next;
  }
  const lost = new Variates(`${seed}/lost`);
  for (let m = 0; m < minutes; m += 1) {
    const chance = model.lost + (m >= starts ? effect.lost : 0);
    if (chance > 0 && lost.uniform() < chance) arrived[m] = null;
  }
  return arrived;
};
