import type { MetricQuery } from '../controller/ports/metrics-source.ts';
import type { Evidence } from '../judge/evidence.ts';
import { expressionQuery } from './expression-query.ts';
import { histogramQuery } from './histogram-query.ts';
import { histogramSamples } from './histogram-samples.ts';
import type { Matcher } from './matcher.ts';
import { anyOf } from './matcher.ts';
import { meanQuery } from './mean-query.ts';
import { meanSamples } from './mean-samples.ts';
import type { Series } from './query-result.ts';
import { ratioQuery } from './ratio-query.ts';
import { ratioSamples } from './ratio-samples.ts';
import { valueSamples } from './value-samples.ts';

/** A query as Prometheus takes it, and how its answer is read. */
export interface Built {
  readonly expr: string;
  /** Steps that the query engine leaves out with a warning are missing samples, and the rest of the answer is sound. */
  readonly mayLeaveOut: boolean;
  readonly read: (series: readonly Series[]) => Omit<Extract<Evidence, { kind: 'samples' }>, 'kind'>;
}

export interface Asked {
  readonly query: MetricQuery;
  readonly groupBy: string;
  /** ms. */
  readonly resolution: number;
}

/** Errors: a sentence that says what of the metric is no PromQL, or not of the kind that is needed. */
export const metricQueryText = (
  { query, groupBy, resolution }: Asked,
  matchers: readonly Matcher[],
  keys: readonly string[],
  nodes: readonly string[],
): Built | { readonly error: string } => {
  const judged = keys.length === 0 ? matchers : [...matchers, anyOf(groupBy, keys)];
  const options = { groupBy, matchers: judged, resolution };
  switch (query.kind) {
    case 'ratio':
      return built(ratioQuery(query, options), (series) => ({ samples: ratioSamples(series, groupBy) }));
    case 'mean':
      return built(meanQuery(query, options), (series) => ({ samples: meanSamples(series, groupBy) }));
    case 'latency':
    case 'drift':
      return built(
        histogramQuery(query.histogram, `${query.kind}.histogram`, options),
        (series) => histogramSamples(series, groupBy, query.kind),
        true,
      );
    case 'query': {
      const members = { node: nodes, [groupBy]: keys };
      const asked = expressionQuery(query.expr, { groupBy, matchers, members });
      return 'error' in asked
        ? asked
        : built(asked, (series) => ({ samples: valueSamples(series, asked.label) }));
    }
  }
};

const built = (
  asked: { readonly query: string } | { readonly error: string },
  read: Built['read'],
  mayLeaveOut = false,
): Built | { readonly error: string } =>
  'error' in asked ? asked : { expr: asked.query, mayLeaveOut, read };
