import { ROLLOUT_DEFAULTS } from '../../api/defaults.ts';
import { fractionOf } from '../../api/fraction.ts';
import type { Metric, MetricMargin } from '../../api/metric.ts';
import type { Margin, TrialMetric } from '../../judge/trial/trial.ts';
import { metricName } from './metric-rule.ts';

/** A metric as the sequential judge takes it, without the bounds of its buckets; undefined for one that it does not judge. */
export function trialMetric(metric: Metric): TrialMetric | undefined {
  const common = {
    name: metricName(metric),
    ...(metric.maxIncrease && { maxIncrease: margin(metric.maxIncrease) }),
    ...(metric.max !== undefined && { max: fractionOf(metric.max) }),
    ...(metric.min !== undefined && { min: fractionOf(metric.min) }),
    minRequestsPerNode: metric.minRequestsPerNode ?? ROLLOUT_DEFAULTS.metric.minRequestsPerNode,
  };
  if (metric.ratio !== undefined) return { ...common, kind: 'ratio' };
  if (metric.latency !== undefined) {
    const { slowerThan } = metric.latency;
    return {
      ...common,
      kind: 'latency',
      ...(slowerThan !== undefined && { slowerThan: fractionOf(slowerThan) }),
    };
  }
  if (metric.mean !== undefined)
    return {
      ...common,
      kind: 'mean',
      ...(metric.maxDecrease && { maxDecrease: margin(metric.maxDecrease) }),
    };
  if (metric.drift !== undefined)
    return { ...common, kind: 'drift', maxPsi: fractionOf(metric.drift.maxPsi) };
  return undefined;
}

function margin({ relative, absolute }: MetricMargin): Margin {
  return {
    ...(relative !== undefined && { relative: fractionOf(relative) }),
    ...(absolute !== undefined && { absolute: fractionOf(absolute) }),
  };
}
