import type { Clock } from '../../controller/clock.ts';
import type { ExchangeRequest, ExchangeResult, HttpExchange } from '../../prometheus/http-exchange.ts';
import { answerQuery } from './query-api.ts';
import { Scraper } from './scraper.ts';
import { SeriesStore } from './series-store.ts';
import type { Target } from './target.ts';

export interface PrometheusOptions {
  readonly clock: Clock;
  readonly targets: () => readonly Target[];
  /** Ms; 15 s. */
  readonly scrapeInterval?: number;
  /** Ms; 26 h. */
  readonly retention?: number;
}

/** What can be wrong with a Prometheus. */
export type PrometheusFault =
  | { readonly kind: 'none' }
  /** Nothing listens. */
  | { readonly kind: 'down' }
  /** Each answer takes this many ms. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** It answers, but knows of no series. */
  | { readonly kind: 'empty' }
  /** It answers every query with this HTTP status. */
  | { readonly kind: 'failing'; readonly status: number };

/** A Prometheus in the process: scrapes on the clock, keeps series, answers a subset of PromQL. */
export class PrometheusDouble {
  fault: PrometheusFault = { kind: 'none' };
  readonly #clock: Clock;
  readonly #store = new SeriesStore();
  readonly #scraper: Scraper;

  constructor(options: PrometheusOptions) {
    const { clock, targets, scrapeInterval = 15_000, retention = 26 * 3_600_000 } = options;
    this.#clock = clock;
    this.#scraper = new Scraper({ clock, targets, store: this.#store, interval: scrapeInterval, retention });
  }

  /** Scraping stands still while it is set. */
  set stale(stopped: boolean) {
    this.#scraper.stopped = stopped;
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#scraper.run(signal);
  }

  /** In place of the HTTP of the query client. */
  readonly exchange: HttpExchange = async (request: ExchangeRequest): Promise<ExchangeResult> => {
    const { fault } = this;
    if (fault.kind === 'down') {
      return { kind: 'unreachable', message: `connect ECONNREFUSED ${new URL(request.url).host}` };
    }
    if (fault.kind === 'slow') {
      await this.#clock.sleep(Math.min(fault.ms, request.timeout));
      if (fault.ms >= request.timeout) {
        return { kind: 'timeout', message: `no answer within ${request.timeout / 1_000} s` };
      }
    }
    if (fault.kind === 'failing') return answer(fault.status, 'text/plain', 'the server is not well\n');
    const { pathname, searchParams } = new URL(request.url);
    const fields = new URLSearchParams([...searchParams, ...new URLSearchParams(request.body)]);
    const store = fault.kind === 'empty' ? new SeriesStore() : this.#store;
    const { status, body } = answerQuery(store, pathname, fields, this.#clock.now());
    if (body.length > request.maxBytes) {
      return { kind: 'tooLarge', message: `the answer is larger than ${request.maxBytes} bytes` };
    }
    return answer(status, 'application/json', body);
  };
}

function answer(status: number, contentType: string, body: string): ExchangeResult {
  return { kind: 'answer', status, headers: { 'content-type': contentType }, body };
}
