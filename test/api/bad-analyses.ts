import type { BadManifest } from './bad-manifests.ts';
import { rollout, rolloutWithMetric } from './manifests.ts';

const RATIO = { bad: 'errors_total', total: 'requests_total' };

export const BAD_ANALYSES: readonly BadManifest[] = [
  {
    name: 'empty metrics',
    manifest: rollout({ analysis: { metrics: [] } }),
    path: 'spec.analysis.metrics',
    sentence: 'metrics is empty',
  },
  {
    name: 'a false rollback rate of nothing',
    manifest: rollout({ analysis: { falseRollbackRate: '0%' } }),
    path: 'spec.analysis.falseRollbackRate',
    sentence: 'must be above 0% and at most 20%',
  },
  {
    name: 'a false rollback rate of a half',
    manifest: rollout({ analysis: { falseRollbackRate: '0.5' } }),
    path: 'spec.analysis.falseRollbackRate',
    sentence: 'must be above 0% and at most 20%',
  },
  {
    name: 'a warm-up shorter than a sample',
    manifest: rollout({ analysis: { resolution: '5m', warmup: '1m' } }),
    path: 'spec.analysis.warmup',
    sentence: 'must not be shorter than resolution',
  },
  {
    name: 'a history shorter than a sample',
    manifest: rollout({ analysis: { resolution: '5m', history: '1m' } }),
    path: 'spec.analysis.history',
    sentence: 'must not be shorter than resolution',
  },
  {
    name: 'a resolution of nothing',
    manifest: rollout({ analysis: { resolution: '0s' } }),
    path: 'spec.analysis.resolution',
    sentence: 'must be between 1s and 1h',
  },
  {
    name: 'a metric of two kinds',
    manifest: rolloutWithMetric({ name: 'm', pods: ['restarts'], query: { expr: 'up', min: '1' } }),
    path: 'spec.analysis.metrics[0]',
    sentence: 'needs exactly one of ratio, latency',
  },
  {
    name: 'a metric of no kind',
    manifest: rolloutWithMetric({ name: 'm' }),
    path: 'spec.analysis.metrics[0]',
    sentence: 'needs exactly one of ratio, latency',
  },
  {
    name: 'a metric without a name',
    manifest: rolloutWithMetric({ pods: ['restarts'] }),
    path: 'spec.analysis.metrics[0].name',
    sentence: 'needs a name',
  },
  {
    name: 'two metrics of one name',
    manifest: rollout({
      analysis: {
        metrics: [
          { name: 'm', pods: ['restarts'] },
          { name: 'm', pods: ['notReady'] },
        ],
      },
    }),
    path: 'spec.analysis.metrics[1]',
    sentence: 'Duplicate value',
  },
  {
    name: 'a ratio without an absolute margin',
    manifest: rolloutWithMetric({ name: 'm', ratio: RATIO, maxIncrease: { relative: '50%' } }),
    path: 'spec.analysis.metrics[0]',
    sentence: 'a ratio needs maxIncrease.absolute',
  },
  {
    name: 'a ratio without a total',
    manifest: rolloutWithMetric({ name: 'm', ratio: { bad: 'x' }, maxIncrease: { absolute: '1%' } }),
    path: 'spec.analysis.metrics[0].ratio.total',
    sentence: 'Required value',
  },
  {
    name: 'a margin of nothing in particular',
    manifest: rolloutWithMetric({ name: 'm', ratio: RATIO, maxIncrease: {} }),
    path: 'spec.analysis.metrics[0].maxIncrease',
    sentence: 'needs relative, absolute or both',
  },
  {
    name: 'a margin as a float',
    manifest: rolloutWithMetric({ name: 'm', ratio: RATIO, maxIncrease: { absolute: 0.002 } }),
    path: 'spec.analysis.metrics[0].maxIncrease.absolute',
    sentence: 'must be of type string',
  },
  {
    name: 'a latency without a margin',
    manifest: rolloutWithMetric({ name: 'm', latency: { histogram: 'seconds' } }),
    path: 'spec.analysis.metrics[0]',
    sentence: 'a latency needs maxIncrease',
  },
  {
    name: 'a share of slow requests without an absolute margin',
    manifest: rolloutWithMetric({
      name: 'm',
      latency: { histogram: 'seconds', slowerThan: '0.5' },
      maxIncrease: { relative: '10%' },
    }),
    path: 'spec.analysis.metrics[0]',
    sentence: 'needs maxIncrease.absolute',
  },
  {
    name: 'a mean of which no direction is worse',
    manifest: rolloutWithMetric({ name: 'm', mean: { sum: 'a_sum', count: 'a_count' } }),
    path: 'spec.analysis.metrics[0]',
    sentence: 'which way is worse',
  },
  {
    name: 'a ratio that may not fall',
    manifest: rolloutWithMetric({
      name: 'm',
      ratio: RATIO,
      maxIncrease: { absolute: '1%' },
      maxDecrease: { relative: '5%' },
    }),
    path: 'spec.analysis.metrics[0].maxDecrease',
    sentence: 'maxDecrease is for a mean',
  },
  {
    name: 'a drift without a bound',
    manifest: rolloutWithMetric({ name: 'm', drift: { histogram: 'model_score' } }),
    path: 'spec.analysis.metrics[0].drift.maxPsi',
    sentence: 'Required value',
  },
  {
    name: 'a query without a bound',
    manifest: rolloutWithMetric({ name: 'm', query: { expr: 'up' } }),
    path: 'spec.analysis.metrics[0].query',
    sentence: 'needs max or min',
  },
  {
    name: 'the bound of a query beside it',
    manifest: rolloutWithMetric({ name: 'm', query: { expr: 'up', min: '1' }, max: '85' }),
    path: 'spec.analysis.metrics[0]',
    sentence: 'put the bound inside',
  },
  {
    name: 'a bound in words',
    manifest: rolloutWithMetric({ name: 'm', query: { expr: 'up', max: 'hot' } }),
    path: 'spec.analysis.metrics[0].query.max',
    sentence: 'must be a number or percent in quotes',
  },
  {
    name: 'an empty list of pod signals',
    manifest: rolloutWithMetric({ name: 'm', pods: [] }),
    path: 'spec.analysis.metrics[0].pods',
    sentence: 'pods is empty',
  },
  {
    name: 'a preset that does not exist',
    manifest: rolloutWithMetric({ preset: 'torchserve' }),
    path: 'spec.analysis.metrics[0].preset',
    sentence: 'supported values: "triton", "kserve"',
  },
  {
    name: 'a preset with a lower bound',
    manifest: rolloutWithMetric({ preset: 'triton', min: '1' }),
    path: 'spec.analysis.metrics[0].min',
    sentence: 'min has no meaning for a preset',
  },
  {
    name: 'a preset that may not fall and has no value that could',
    manifest: rolloutWithMetric({ preset: 'triton', maxDecrease: { relative: '5%' } }),
    path: 'spec.analysis.metrics[0].maxDecrease',
    sentence: 'maxDecrease is for a mean, or for the confidence of the preset outrigger',
  },
  {
    name: 'a preset of too long a name',
    manifest: rolloutWithMetric({ name: 'p'.repeat(49), preset: 'vllm' }),
    path: 'spec.analysis.metrics[0].name',
    sentence: 'has at most 48 characters',
  },
  {
    name: 'two presets that would be called alike',
    manifest: rollout({
      analysis: { metrics: [{ preset: 'triton' }, { name: 'triton', preset: 'vllm' }] },
    }),
    path: 'spec.analysis.metrics',
    sentence: 'a preset has the name of another preset that has none',
  },
  {
    name: 'a metric of the name of one of a preset',
    manifest: rollout({
      analysis: {
        metrics: [{ name: 'triton-errors', query: { expr: 'up', min: '1' } }, { preset: 'triton' }],
      },
    }),
    path: 'spec.analysis.metrics',
    sentence: 'a metric has a name that is kept for a preset beside it',
  },
  {
    name: 'a metric of the name of one of a preset with a name',
    manifest: rollout({
      analysis: {
        metrics: [
          { name: 'front', preset: 'ovms' },
          { name: 'front-latency', query: { expr: 'up', min: '1' } },
        ],
      },
    }),
    path: 'spec.analysis.metrics',
    sentence: 'a metric has a name that is kept for a preset beside it',
  },
  {
    name: 'nine presets',
    manifest: rollout({
      analysis: {
        metrics: Array.from({ length: 9 }, (_, index) => ({ name: `p-${index}`, preset: 'ovms' })),
      },
    }),
    path: 'spec.analysis.metrics',
    sentence: 'must have at most 8 presets',
  },
];
