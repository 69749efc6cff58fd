import type { Evidence } from '../../judge/evidence.ts';
import type { Window } from '../../judge/window.ts';

/** Where a rollout's metrics are, with the values of its Secret read already. */
export interface MetricsConnection {
  /** http:// or https://, with an optional path prefix. */
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Matchers (label = value) that every selector of every query gets. */
  readonly matchLabels: Readonly<Record<string, string>>;
  /** ms for one query. */
  readonly timeout: number;
  /** Data of the Secret by key (username and password, or token; ca.crt, tls.crt, tls.key), decoded. */
  readonly secret?: Readonly<Record<string, string>>;
  readonly tls?: { readonly serverName?: string; readonly insecureSkipVerify?: boolean };
}

/** The part of a metric that is asked of Prometheus. */
export type MetricQuery =
  | { readonly kind: 'ratio'; readonly bad: string; readonly total: string }
  | { readonly kind: 'query'; readonly expr: string }
  /** `histogram`: the name without _bucket, and matchers where wanted; classic or native. */
  | { readonly kind: 'latency' | 'drift'; readonly histogram: string }
  /** Two counters. */
  | { readonly kind: 'mean'; readonly sum: string; readonly count: string };

export interface MetricsRequest {
  /** Undefined where neither the rollout nor the operator names a Prometheus. */
  readonly connection: MetricsConnection | undefined;
  readonly query: MetricQuery;
  readonly window: Window;
  /** Label that says where a sample comes from: pod, or node. */
  readonly groupBy: string;
  /** Its values of both arms of all cohorts. */
  readonly keys: readonly string[];
  /** The nodes of both arms, for a user's expression that keeps only the label `node`. */
  readonly nodes: readonly string[];
  /** Whether to look up how often is scraped where samples are missing, which is one query more; left out: yes. */
  readonly countScrapes?: boolean;
}

/** Asks for the evidence of one metric. */
export interface MetricsSource {
  /** Never throws: what goes wrong is evidence of kind `unavailable`. */
  fetch(request: MetricsRequest): Promise<Evidence>;
  /** The query as people see it in status, without the list of keys, at most 1 KB; an error where the user's expression does not parse. */
  describe(request: {
    readonly query: MetricQuery;
    readonly groupBy: string;
    readonly matchLabels: Readonly<Record<string, string>>;
    /** Width of a sample, ms. */
    readonly resolution: number;
  }): { readonly query: string } | { readonly error: string };
}
