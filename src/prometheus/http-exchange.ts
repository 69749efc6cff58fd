/** A POST of form fields to a Prometheus server, before it meets a network. */
export interface ExchangeRequest {
  /** Absolute URL, e.g. http://prometheus.monitoring:9090/api/v1/query_range. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** application/x-www-form-urlencoded. */
  readonly body: string;
  readonly tls?: ExchangeTls;
  /** ms until the exchange gives up, from its start to the last byte. */
  readonly timeout: number;
  /** Bytes of the answer after which the exchange gives up. */
  readonly maxBytes: number;
}

/** PEM texts. */
export interface ExchangeTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
}

/** An answer of any status, a redirect included, which is never followed; or why there is none. */
export type ExchangeResult =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'timeout'; readonly message: string }
  | { readonly kind: 'tooLarge'; readonly message: string };

/** Sends one request; never throws. The simulated Prometheus is one of these too. */
export type HttpExchange = (request: ExchangeRequest) => Promise<ExchangeResult>;
