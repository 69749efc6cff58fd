import type { MetricsConnection, MetricsRequest, MetricsSource } from '../controller/ports/metrics-source.ts';
import type { Evidence, NodeMinutes } from '../judge/evidence.ts';
import type { Window } from '../judge/window.ts';
import { expectedSamples } from '../judge/window.ts';
import { PrometheusClient } from './client.ts';
import { endpointOf } from './connection.ts';
import type { HttpExchange } from './http-exchange.ts';
import { equalAll } from './matcher.ts';
import { metricQueryText } from './metric-query-text.ts';
import type { Built } from './metric-query-text.ts';
import type { QueryResult, Series, Unavailable } from './query-result.ts';
import { unavailable } from './query-result.ts';
import { scrapesPerSample } from './scrapes-per-sample.ts';

/** Prometheus refuses more points of a series in one answer. */
const MAX_STEPS = 11_000;
/** Names in one query; 64 KB of them parse in milliseconds, and few rollouts need a second query. */
const MAX_KEYS = 1024;
/** Bytes of a query as status shows it. */
const MAX_SHOWN = 1024;

/** Asks Prometheus for the evidence of a metric: one grouped query for all its judged nodes. */
export class PrometheusEvidenceSource implements MetricsSource {
  readonly #exchange: HttpExchange;

  constructor(exchange: HttpExchange) {
    this.#exchange = exchange;
  }

  async fetch(request: MetricsRequest): Promise<Evidence> {
    try {
      return await this.#fetch(request);
    } catch (cause) {
      // An exchange is not to throw; whatever it threw is no evidence, and never the end of a reconcile.
      return unavailable(
        'PrometheusUnreachable',
        `the query failed: ${cause instanceof Error ? cause.message : 'unknown'}`,
      );
    }
  }

  describe(request: Parameters<MetricsSource['describe']>[0]): ReturnType<MetricsSource['describe']> {
    const built = metricQueryText(request, equalAll(request.matchLabels), [], []);
    return 'error' in built ? built : { query: cut(built.expr) };
  }

  async #fetch(request: MetricsRequest): Promise<Evidence> {
    const { connection, window } = request;
    if (connection === undefined) {
      return unavailable(
        'NotConfigured',
        'no Prometheus is named: set spec.prometheus.address of the EdgeRollout, or the flag of the operator',
      );
    }
    const client = this.#client(connection);
    if ('kind' in client) return client;
    const steps = expectedSamples(window);
    if (steps === 0) return { kind: 'samples', samples: [] };
    if (steps > MAX_STEPS) {
      return unavailable(
        'QueryInvalid',
        `the window has ${steps} samples, Prometheus gives ${MAX_STEPS}: use a larger analysis.resolution`,
      );
    }
    const series: Series[] = [];
    let read: Built['read'] | undefined;
    const parts = chunks(request);
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const built = metricQueryText(
        { ...part, resolution: window.resolution },
        equalAll(connection.matchLabels),
        part.keys,
        part.nodes,
      );
      if ('error' in built) return unavailable('QueryInvalid', built.error);
      const result = await client.rangeQuery({
        expr: built.expr,
        mayLeaveOut: built.mayLeaveOut,
        ...range(window, steps),
      });
      // How many buckets a histogram has is known from its answer only.
      if (isTooLarge(result) && 'histogram' in part.query && part.keys.length > 1) {
        parts.unshift(...halves(part));
        continue;
      }
      if (result.kind === 'unavailable') return result;
      series.push(...result.series);
      read = built.read;
    }
    const found = read?.(series) ?? { samples: [] };
    const scrapes = await this.#scrapes(client, request, found.samples, steps);
    return { kind: 'samples', ...found, ...(scrapes !== undefined && { scrapesPerSample: scrapes }) };
  }

  /** Looked up where samples are few: the reason may be that a step holds less than two scrapes. */
  async #scrapes(
    client: PrometheusClient,
    { query, connection, window, groupBy, keys, countScrapes = true }: MetricsRequest,
    samples: readonly NodeMinutes[],
    steps: number,
  ): Promise<number | undefined> {
    if (connection === undefined || !countScrapes || query.kind === 'query') return undefined;
    if (!fewSamples(samples, keys.length, steps)) return undefined;
    return scrapesPerSample(client, {
      query,
      connection,
      window,
      groupBy,
      keys: keys.slice(0, MAX_KEYS),
    });
  }

  #client(connection: MetricsConnection): PrometheusClient | Unavailable {
    const endpoint = endpointOf(connection);
    if ('error' in endpoint) return unavailable('NotConfigured', endpoint.error);
    return new PrometheusClient({ endpoint, exchange: this.#exchange, timeout: connection.timeout });
  }
}

/** The first step ends one resolution after the window's start, the last one within the window. */
const range = (
  window: Window,
  steps: number,
): { readonly start: number; readonly end: number; readonly step: number } => ({
  start: window.from + window.resolution,
  end: window.from + steps * window.resolution,
  step: window.resolution,
});

const chunks = (request: MetricsRequest): MetricsRequest[] => {
  const parts: MetricsRequest[] = [];
  const size = Math.max(request.keys.length, request.nodes.length);
  for (let at = 0; at < size; at += MAX_KEYS) {
    parts.push({
      ...request,
      keys: request.keys.slice(at, at + MAX_KEYS),
      nodes: request.nodes.slice(at, at + MAX_KEYS),
    });
  }
  return parts;
};

const isTooLarge = (result: QueryResult): boolean =>
  result.kind === 'unavailable' && result.reason === 'ResponseTooLarge';

/** The same question in two, each for half of the pods. */
const halves = (request: MetricsRequest): readonly MetricsRequest[] => {
  const middle = Math.ceil(request.keys.length / 2);
  return [
    { ...request, keys: request.keys.slice(0, middle), nodes: request.nodes.slice(0, middle) },
    { ...request, keys: request.keys.slice(middle), nodes: request.nodes.slice(middle) },
  ];
};

const fewSamples = (samples: readonly NodeMinutes[], keys: number, steps: number): boolean =>
  samples.reduce((sum, { minutes }) => sum + minutes.length, 0) < keys * steps * 0.8;

const cut = (text: string): string => {
  const bytes = Buffer.from(text, 'utf8');
  return bytes.length <= MAX_SHOWN
    ? text
    : `${bytes
        .subarray(0, MAX_SHOWN - 3)
        .toString('utf8')
        .replace(/\uFFFD$/u, '')}…`;
};
