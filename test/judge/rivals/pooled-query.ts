import type { Track, Trial, TrialMetric } from '../../../src/judge/trial/trial.ts';
import { histogramQuantile } from './histogram-quantile.ts';

/** What a query over the sum of some nodes gives: a share of bad requests, or the 95th percentile of a latency. */
export interface PooledQuery {
  readonly nodes: readonly Track[];
  readonly metric: TrialMetric;
}

/**
 * The instant query at each look 1 .. horizon over the last `window` minutes, of the samples that had arrived by then;
 * NaN where there were none. Index m is look m + 1.
 */
export const atEachLook = (query: PooledQuery, window: number, horizon: number): Float64Array => {
  const values = new Float64Array(horizon);
  const pool = new Pool(query.metric);
  const places = query.nodes.map(placesOf);
  for (let look = 1; look <= horizon; look += 1) {
    pool.clear();
    for (const [i, node] of query.nodes.entries()) {
      for (let minute = Math.max(0, look - window); minute < look; minute += 1) {
        const k = places[i]?.get(minute);
        if (k !== undefined && isSeen(node, k, look - 1)) pool.add(node, k);
      }
    }
    values[look - 1] = pool.value();
  }
  return values;
};

/** The same query over all minutes before the switch. */
export const ofHistory = ({ nodes, metric }: PooledQuery): number => {
  const pool = new Pool(metric);
  for (const node of nodes) {
    for (const [k, minute] of node.minutes.entries()) {
      if (minute < 0 && isSeen(node, k, 0)) pool.add(node, k);
    }
  }
  return pool.value();
};

/** The metrics of these kinds: the only ones that the rivals' usual queries are about. */
export const pooledMetrics = ({ metrics }: Trial): readonly TrialMetric[] =>
  metrics.filter(({ kind }) => kind === 'ratio' || kind === 'latency');

const placesOf = (node: Track): ReadonlyMap<number, number> =>
  new Map(node.minutes.map((minute, k) => [minute, k]));

const isSeen = (node: Track, k: number, at: number): boolean => {
  if (node.arrived === undefined || node.arrived === null) return true;
  const arrived = node.arrived[k] ?? null;
  return arrived !== null && arrived <= at;
};

class Pool {
  readonly #metric: TrialMetric;
  readonly #buckets: Float64Array;
  #bad = 0;
  #total = 0;

  constructor(metric: TrialMetric) {
    this.#metric = metric;
    this.#buckets = new Float64Array((metric.bounds?.length ?? 0) + 1);
  }

  clear(): void {
    this.#buckets.fill(0);
    this.#bad = 0;
    this.#total = 0;
  }

  add(node: Track, k: number): void {
    const series = node.series[this.#metric.name];
    if (series === undefined) return;
    if ('total' in series) {
      this.#total += series.total[k] ?? 0;
      this.#bad += series.bad[k] ?? 0;
    } else if ('buckets' in series) {
      const counts = series.buckets[k] ?? [];
      for (let b = 0; b < counts.length; b += 1) {
        this.#buckets[b] = (this.#buckets[b] ?? 0) + (counts[b] ?? 0);
      }
    }
  }

  value(): number {
    if (this.#metric.kind === 'ratio') return this.#total > 0 ? this.#bad / this.#total : Number.NaN;
    return histogramQuantile(0.95, this.#buckets, this.#metric.bounds ?? []);
  }
}
