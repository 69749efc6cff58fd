import type { Effect, FleetModel } from '../fleet-model.ts';
import { NO_EFFECT } from '../fleet-model.ts';
import type { SimulatedWave } from '../fleet.ts';
import type { Series, Track, TrialMetric } from '../../../src/judge/trial/trial.ts';
import { ErrorsLikelihood, type Harm, LatencyLikelihood } from './minute-likelihood.ts';
import { type MinuteLikelihood, OwnNoiseFilter } from './own-noise-filter.ts';

/**
 * The log likelihood ratio, at each look of the trial, of the true effect against the largest one that is no harm, for
 * one who knows all there is to know but the noise that only the node's own data reveal: the model and its parameters,
 * the effect, which nodes it is on, every node's usual rate, the shocks of the fleet and the classes, and the bursts.
 * A node's slow wander, its flutter and its shift at the switch are integrated out, with its history seen. It sees the
 * samples that the judges see.
 *
 * Undefined where there is nothing to weigh: no effect on errors or latency.
 */
export const oraclePath = ({ trial, truth }: SimulatedWave): Float64Array | undefined => {
  const { fleet, effect } = truth;
  const path = new Float64Array(trial.looks.length);
  let weighed = false;
  for (const metric of trial.metrics) {
    for (const [i, node] of trial.nodes.entries()) {
      if (truth.hit[i] !== true) continue;
      const known = truth.nodes[i];
      const series = node.series[metric.name];
      if (known === undefined || series === undefined) continue;
      const rate = fleet.cohorts.find(({ name }) => name === node.cohort)?.errorRate ?? 0;
      const hypotheses = hypothesesOf(metric, effect, rate);
      if (hypotheses === undefined) continue;
      weighed = true;
      const isErrors = metric.kind === 'ratio';
      const task: NodeTask = {
        node,
        series,
        metric,
        fleet,
        onset: effect.onset,
        known: isErrors ? known.errors : known.latency,
        shifts: isErrors && fleet.shift > 0 ? shiftsOf(fleet.shift) : [0],
      };
      const harmed = nodePath(task, hypotheses.harm, trial.looks);
      const tolerated = nodePath(task, hypotheses.tolerated, trial.looks);
      for (let k = 0; k < path.length; k += 1) {
        path[k] = (path[k] ?? 0) + (harmed[k] ?? 0) - (tolerated[k] ?? 0);
      }
    }
  }
  return weighed ? path : undefined;
};

/** The harm that is there, and the largest that would be none by the metric's margin. */
const hypothesesOf = (
  { kind, maxIncrease }: TrialMetric,
  effect: Effect,
  rate: number,
): { readonly harm: Harm; readonly tolerated: Harm } | undefined => {
  if (kind !== 'ratio' && kind !== 'latency') return undefined;
  const factor = kind === 'ratio' ? effect.errors : effect.latency;
  if (factor <= (kind === 'ratio' ? NO_EFFECT.errors : NO_EFFECT.latency)) return undefined;
  const relative = maxIncrease?.relative ?? 0;
  const absolute = maxIncrease?.absolute ?? 0;
  const harm = times(factor);
  // Where the absolute part is the larger one, a rate raised by it everywhere is no harm; else one raised by the share.
  if (kind === 'ratio' && absolute > relative * rate) return { harm, tolerated: plus(absolute) };
  return factor > 1 + relative ? { harm, tolerated: times(1 + relative) } : undefined;
};

const times = (factor: number): Harm => {
  const by = Math.log(factor);
  return (log) => log + by;
};

const plus =
  (added: number): Harm =>
  (log) =>
    Math.log(Math.exp(log) + added);

const NOTHING: Harm = (log) => log;

interface NodeTask {
  readonly node: Track;
  readonly series: Series;
  readonly metric: TrialMetric;
  readonly fleet: FleetModel;
  readonly onset: number;
  /** Log rate before the harm and the node's own noise, by minute since the history began. */
  readonly known: Float64Array;
  /** Equally likely shifts at the switch. */
  readonly shifts: readonly number[];
}

/** Log likelihood of what is seen of the node's soak, given its history, at each look. */
const nodePath = (task: NodeTask, harm: Harm, looks: readonly number[]): Float64Array => {
  const total = new Float64Array(looks.length);
  const paths = task.shifts.map((shift) => pathWithShift(task, harm, shift, looks));
  for (let k = 0; k < looks.length; k += 1) {
    const peak = Math.max(...paths.map((path) => path[k] ?? 0));
    let mass = 0;
    for (const path of paths) mass += Math.exp((path[k] ?? 0) - peak);
    total[k] = peak + Math.log(mass / paths.length);
  }
  return total;
};

const pathWithShift = (
  { node, series, metric, fleet, onset, known, shifts }: NodeTask,
  harm: Harm,
  shift: number,
  looks: readonly number[],
): Float64Array => {
  const isErrors = metric.kind === 'ratio';
  const noise = isErrors ? fleet.errors : fleet.latency;
  const history = fleet.historyMinutes;
  const likelihoodOf = isErrors
    ? errorsMinute(series, known)
    : latencyMinute(series, known, metric.bounds ?? [], fleet.latencyWithin);
  const before = likelihoodOf(NOTHING, 0);
  const unharmed = likelihoodOf(NOTHING, shifts.length > 1 ? shift : 0);
  const harmed = likelihoodOf(harm, shifts.length > 1 ? shift : 0);
  const minuteOf = (k: number): MinuteLikelihood =>
    k < history ? before(k) : k < history + onset ? unharmed(k) : harmed(k);

  const filter = new OwnNoiseFilter(noise);
  for (let k = 0; k < history; k += 1) {
    if (arrivalOf(node, k) !== null) filter.see(minuteOf(k));
    filter.pass();
  }
  filter.logLikelihood = 0;
  // Minutes before `next` are all seen or lost; what is late is seen out of order, from there on at each look.
  let next = history;
  const trying = new OwnNoiseFilter(noise);
  return Float64Array.from(looks, (look) => {
    const end = Math.min(history + look, known.length);
    const isSeen = (k: number): boolean => {
      const arrived = arrivalOf(node, k);
      return arrived !== null && arrived <= look - 1;
    };
    while (next < end && (arrivalOf(node, next) === null || isSeen(next))) {
      if (isSeen(next)) filter.see(minuteOf(next));
      filter.pass();
      next += 1;
    }
    trying.copyFrom(filter);
    for (let k = next; k < end; k += 1) {
      if (isSeen(k)) trying.see(minuteOf(k));
      trying.pass();
    }
    return trying.logLikelihood;
  });
};

const arrivalOf = (node: Track, k: number): number | null =>
  node.arrived === undefined || node.arrived === null ? (node.minutes[k] ?? 0) : (node.arrived[k] ?? null);

type MinuteOf = (harm: Harm, shift: number) => (k: number) => MinuteLikelihood;

const errorsMinute =
  (series: Series, known: Float64Array): MinuteOf =>
  (harm, shift) => {
    if (!('total' in series)) throw new Error('errors need totals and bad requests');
    const likelihood = new ErrorsLikelihood(harm);
    return (k) => {
      likelihood.set((known[k] ?? 0) + shift, series.total[k] ?? 0, series.bad[k] ?? 0);
      return likelihood;
    };
  };

const latencyMinute =
  (series: Series, known: Float64Array, bounds: readonly number[], within: number): MinuteOf =>
  (harm) => {
    if (!('buckets' in series)) throw new Error('a latency needs buckets');
    const likelihood = new LatencyLikelihood(harm, bounds, within);
    return (k) => {
      likelihood.set(known[k] ?? 0, series.buckets[k] ?? []);
      return likelihood;
    };
  };

/** Quantiles of Student's t with 3 degrees of freedom, in the middle of equal shares. */
const shiftsOf = (scale: number): readonly number[] =>
  Array.from({ length: SHIFTS }, (_, j) => {
    const p = (j + 0.5) / SHIFTS;
    let low = -100;
    let high = 100;
    for (let i = 0; i < 60; i += 1) {
      const middle = (low + high) / 2;
      const t = middle / Math.sqrt(3);
      if (0.5 + (t / (1 + t * t) + Math.atan(t)) / Math.PI < p) low = middle;
      else high = middle;
    }
    return scale * low;
  });

const SHIFTS = 31;
