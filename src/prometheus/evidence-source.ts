import type {
  MetricQuery,
  MetricsConnection,
  MetricsRequest,
  MetricsSource,
} from '../controller/ports/metrics-source.ts';
import type { Evidence, NodeMinutes } from '../judge/evidence.ts';
import type { Window } from '../judge/window.ts';
import { expectedSamples } from '../judge/window.ts';
import { PrometheusClient } from './client.ts';
import { endpointOf } from './connection.ts';
import { expressionQuery } from './expression-query.ts';
import type { HttpExchange } from './http-exchange.ts';
import type { Matcher } from './matcher.ts';
import { anyOf, equalAll } from './matcher.ts';
import type { Series, Unavailable } from './query-result.ts';
import { unavailable } from './query-result.ts';
import { ratioQuery } from './ratio-query.ts';
import { ratioSamples } from './ratio-samples.ts';
import { scrapesPerSample } from './scrapes-per-sample.ts';
import { valueSamples } from './value-samples.ts';

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
    const built = build(request, equalAll(request.matchLabels), [], []);
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
    const samples: NodeMinutes[] = [];
    for (const part of chunks(request)) {
      const built = build(
        { ...part, resolution: window.resolution },
        equalAll(connection.matchLabels),
        part.keys,
        part.nodes,
      );
      if ('error' in built) return unavailable('QueryInvalid', built.error);
      const result = await client.rangeQuery({ expr: built.expr, ...range(window, steps) });
      if (result.kind === 'unavailable') return result;
      samples.push(...built.read(result.series));
    }
    const { query } = request;
    if (query.kind !== 'ratio' || !fewSamples(samples, request.keys.length, steps))
      return { kind: 'samples', samples };
    const scrapes = await scrapesPerSample(client, {
      total: query.total,
      connection,
      window,
      groupBy: request.groupBy,
      keys: request.keys.slice(0, MAX_KEYS),
    });
    return { kind: 'samples', samples, ...(scrapes === undefined ? {} : { scrapesPerSample: scrapes }) };
  }

  #client(connection: MetricsConnection): PrometheusClient | Unavailable {
    const endpoint = endpointOf(connection);
    if ('error' in endpoint) return unavailable('NotConfigured', endpoint.error);
    return new PrometheusClient({ endpoint, exchange: this.#exchange, timeout: connection.timeout });
  }
}

interface Built {
  readonly expr: string;
  readonly read: (series: readonly Series[]) => readonly NodeMinutes[];
}

const build = (
  request: { readonly query: MetricQuery; readonly groupBy: string; readonly resolution: number },
  matchers: readonly Matcher[],
  keys: readonly string[],
  nodes: readonly string[],
): Built | { readonly error: string } => {
  const { query, groupBy, resolution } = request;
  if (query.kind === 'ratio') {
    const judged = keys.length === 0 ? matchers : [...matchers, anyOf(groupBy, keys)];
    const built = ratioQuery(query, { groupBy, matchers: judged, resolution });
    return 'error' in built ? built : { expr: built.query, read: (series) => ratioSamples(series, groupBy) };
  }
  const built = expressionQuery(query.expr, { groupBy, matchers, members: { node: nodes, [groupBy]: keys } });
  return 'error' in built
    ? built
    : { expr: built.query, read: (series) => valueSamples(series, built.label) };
};

/** The first step ends one resolution after the window's start, the last one within the window. */
const range = (
  window: Window,
  steps: number,
): { readonly start: number; readonly end: number; readonly step: number } => ({
  start: window.from + window.resolution,
  end: window.from + steps * window.resolution,
  step: window.resolution,
});

const chunks = (request: MetricsRequest): readonly MetricsRequest[] => {
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
