import { parseDuration } from '../../api/duration.ts';
import { ROLLOUT_DEFAULTS } from '../../api/defaults.ts';
import { fractionOf } from '../../api/fraction.ts';
import type { Metric } from '../../api/metric.ts';
import { scaled } from '../../api/rollout-settings.ts';
import type { PodsRule, QueryRule } from '../../judge/rule.ts';

export function metricName(metric: Metric): string {
  return metric.name ?? metric.preset ?? '';
}

/** A metric that is judged over a whole window, as its judge takes it; undefined for those of the sequential judge. */
export function metricRule(metric: Metric, resolutionMs: number): PodsRule | QueryRule | undefined {
  const name = metricName(metric);
  if (metric.query !== undefined) {
    const { max, min, nodes } = metric.query;
    return {
      kind: 'query',
      name,
      ...(max === undefined ? {} : { max: fractionOf(max) }),
      ...(min === undefined ? {} : { min: fractionOf(min) }),
      nodes:
        nodes === undefined
          ? { count: 0 }
          : typeof nodes === 'number'
            ? { count: nodes }
            : { share: fractionOf(nodes) },
      for:
        metric.query.for === undefined
          ? scaled(ROLLOUT_DEFAULTS.metric.queryFor, resolutionMs)
          : (parseDuration(metric.query.for) ?? 0),
    };
  }
  if (metric.pods !== undefined) return { kind: 'pods', name, checks: metric.pods };
  return undefined;
}

/** What a Fail of the metric leads to. An absolute bound of a query is a hint more often than a proof, so a person looks first. */
export function failsTo(metric: Metric): 'Rollback' | 'Pause' {
  return metric.onFail ?? (metric.query !== undefined || metric.drift !== undefined ? 'Pause' : 'Rollback');
}
