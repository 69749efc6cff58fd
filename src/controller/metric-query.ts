import type { EdgeRollout } from '../api/edge-rollout.ts';
import type { Metric } from '../api/metric.ts';
import { withDefaults } from '../api/rollout-settings.ts';
import type { Observed } from '../core/observed.ts';
import type { MetricQuery, MetricsSource } from './ports/metrics-source.ts';

/** The part of a metric that is asked of Prometheus; undefined where there is none. */
export function metricQuery({ ratio, latency, mean, drift, query }: Metric): MetricQuery | undefined {
  if (ratio !== undefined) return { kind: 'ratio', bad: ratio.bad, total: ratio.total };
  if (latency !== undefined) return { kind: 'latency', histogram: latency.histogram };
  if (drift !== undefined) return { kind: 'drift', histogram: drift.histogram };
  if (mean !== undefined) return { kind: 'mean', sum: mean.sum, count: mean.count };
  if (query !== undefined) return { kind: 'query', expr: query.expr };
  return undefined;
}

/** Each metric's query as people see it in status, or what is wrong with it, by `<rollout>/<metric>`. */
export function describeQueries(
  metrics: Pick<MetricsSource, 'describe'>,
  rollout: EdgeRollout,
): Observed['queries'] {
  const { analysis } = withDefaults(rollout.spec);
  const described = analysis.metrics.flatMap((metric) => {
    const query = metricQuery(metric);
    if (query === undefined) return [];
    const description = metrics.describe({
      query,
      groupBy: analysis.groupBy,
      matchLabels: rollout.spec.prometheus?.matchLabels ?? {},
      resolution: analysis.resolutionMs,
    });
    return [[`${rollout.metadata.name}/${metric.name}`, description] as const];
  });
  return new Map(described);
}
