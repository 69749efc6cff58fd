import type { Endpoint } from './connection.ts';
import type { HttpExchange } from './http-exchange.ts';
import { parseAnswer } from './parse-answer.ts';
import type { QueryResult } from './query-result.ts';
import { unavailable } from './query-result.ts';

export interface RangeQuery {
  readonly expr: string;
  /** ms since the epoch; both ends are evaluated. */
  readonly start: number;
  readonly end: number;
  /** ms. */
  readonly step: number;
  /** What the query engine leaves out with a warning is missing, and the rest is taken. */
  readonly mayLeaveOut?: boolean;
}

export interface ClientOptions {
  readonly endpoint: Endpoint;
  readonly exchange: HttpExchange;
  /** ms for one query. */
  readonly timeout: number;
  /** Bytes of one answer. */
  readonly maxBytes?: number;
}

/** 512 pods of 60 samples of two counts are 1.5 MB. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Asks one Prometheus. Never throws for what the server or the network does. */
export class PrometheusClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  rangeQuery(query: RangeQuery): Promise<QueryResult> {
    const { expr, start, end, step, mayLeaveOut = false } = query;
    const fields = { query: expr, start: seconds(start), end: seconds(end), step: seconds(step) };
    return this.#post('query_range', fields, mayLeaveOut);
  }

  async #post(
    path: string,
    fields: Readonly<Record<string, string>>,
    mayLeaveOut: boolean,
  ): Promise<QueryResult> {
    const { endpoint, exchange, timeout, maxBytes = MAX_BYTES } = this.#options;
    const result = await exchange({
      url: `${endpoint.base}/api/v1/${path}`,
      headers: {
        ...endpoint.headers,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      // The server gives up when nobody waits for it any more.
      body: new URLSearchParams({ ...fields, timeout: seconds(timeout) }).toString(),
      ...(endpoint.tls === undefined ? {} : { tls: endpoint.tls }),
      timeout,
      maxBytes,
    });
    switch (result.kind) {
      case 'answer':
        return parseAnswer(result.status, result.headers, result.body, { mayLeaveOut });
      case 'unreachable':
        return unavailable(
          'PrometheusUnreachable',
          `Prometheus at ${endpoint.base} can't be reached: ${result.message}`,
        );
      case 'timeout':
        return unavailable('QueryTimeout', `Prometheus at ${endpoint.base}: ${result.message}`);
      case 'tooLarge':
        return unavailable('ResponseTooLarge', `Prometheus at ${endpoint.base}: ${result.message}`);
    }
  }
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);
