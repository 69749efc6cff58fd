import type { Track, Trial } from '../../../src/judge/trial/trial.ts';
import { atEachLook, ofHistory, pooledMetrics } from './pooled-query.ts';

/** A query over the candidates each minute, and a limit to its value. */
export interface ThresholdQuery {
  /** Minutes of data in each query. */
  readonly window: number;
  /** What the limit is a multiple of: the fleet's history, or that of the candidates' own nodes. */
  readonly baseline: 'Fleet' | 'Own';
  /** One query for each cohort, or one for all. */
  readonly by: 'Fleet' | 'Cohort';
}

export interface ThresholdRule extends ThresholdQuery {
  /** Failed measurements that are still no failure: Argo Rollouts' failureLimit; it fails above it. */
  readonly limit: number;
  /** Largest multiple of the baseline, by kind of metric. */
  readonly times: { readonly ratio: number; readonly latency: number };
}

/** Measurements as multiples of their baseline; index m is minute m + 1; NaN is a measurement without data. */
export interface Measurements {
  readonly kind: 'ratio' | 'latency';
  readonly multiples: Float64Array;
}

export const measure = (trial: Trial, query: ThresholdQuery): readonly Measurements[] => {
  const candidates = trial.nodes.filter(({ candidate }) => candidate);
  const groups = query.by === 'Fleet' ? [candidates] : byCohort(candidates);
  return pooledMetrics(trial).flatMap((metric) =>
    groups.map((nodes): Measurements => {
      const baseNodes =
        query.baseline === 'Own'
          ? nodes
          : trial.nodes.filter(({ cohort }) => query.by === 'Fleet' || cohort === nodes[0]?.cohort);
      const base = ofHistory({ nodes: baseNodes, metric });
      const multiples = atEachLook({ nodes, metric }, query.window, trial.horizonMinutes).map(
        (v) => v / base,
      );
      return { kind: metric.kind === 'ratio' ? 'ratio' : 'latency', multiples };
    }),
  );
};

/**
 * A judge by thresholds as Argo Rollouts runs one (analysis/analysis.go): each minute the condition is evaluated, failed
 * measurements add up whether or not they follow each other, and more than `limit` of them end the rollout. A
 * failureCondition alone is false of NaN, so that a measurement without data is a successful one. Flagger counts the
 * same way (failedChecks never decays), and acts at `threshold` instead of above it.
 *
 * @returns the minute of the rollback, or undefined: promoted when the time is over.
 */
export const thresholdJudge = (
  measurements: readonly Measurements[],
  { limit, times }: Pick<ThresholdRule, 'limit' | 'times'>,
): number | undefined => {
  let first: number | undefined;
  for (const { kind, multiples } of measurements) {
    let failed = 0;
    for (let m = 0; m < multiples.length; m += 1) {
      // False of NaN.
      if ((multiples[m] ?? Number.NaN) > times[kind]) failed += 1;
      if (failed <= limit) continue;
      first = Math.min(first ?? Number.POSITIVE_INFINITY, m + 1);
      break;
    }
  }
  return first;
};

/** The multiples at which a rule with this limit would just not fail, by kind: the largest over its queries. */
export const highestMultiple = (
  measurements: readonly Measurements[],
  limit: number,
): ThresholdRule['times'] => {
  const highest = { ratio: 0, latency: 0 };
  for (const { kind, multiples } of measurements) {
    const sorted = multiples.filter((value) => !Number.isNaN(value)).toSorted();
    const at = sorted[sorted.length - 1 - limit] ?? 0;
    highest[kind] = Math.max(highest[kind], at);
  }
  return highest;
};

const byCohort = (nodes: readonly Track[]): readonly (readonly Track[])[] => {
  const groups = new Map<string, Track[]>();
  for (const node of nodes) {
    const group = groups.get(node.cohort) ?? [];
    groups.set(node.cohort, group);
    group.push(node);
  }
  return [...groups.values()];
};
