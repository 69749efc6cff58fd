/** A metric as the judge takes it: fractions as numbers, durations in ms. */
export interface RatioRule {
  readonly kind: 'ratio';
  readonly name: string;
  /** The margin is the larger of the two; `relative` is of the control nodes' rate. */
  readonly maxIncrease: { readonly relative?: number; readonly absolute: number };
  /** Absolute bound of the candidates' rate. */
  readonly max?: number;
  /** A node with fewer requests in the window does not count. */
  readonly minRequestsPerNode: number;
}

export interface QueryRule {
  readonly kind: 'query';
  readonly name: string;
  readonly max?: number;
  readonly min?: number;
  /** How many candidates of a cohort may break the bound (a share is rounded down); none: { count: 0 }. */
  readonly nodes: { readonly count: number } | { readonly share: number };
  /** How long a node must break the bound without pause, ms; 0: one sample is enough. */
  readonly for: number;
}

export type PodCheck = 'restarts' | 'notReady';

export interface PodsRule {
  readonly kind: 'pods';
  readonly name: string;
  readonly checks: readonly PodCheck[];
}

export type MetricRule = RatioRule | QueryRule | PodsRule;

/** Kinds of metric that the API knows. */
export type MetricKind = 'ratio' | 'query' | 'pods' | 'latency' | 'mean' | 'drift' | 'preset';

const SUPPORTED: ReadonlySet<MetricKind> = new Set(['ratio', 'query', 'pods']);

/** Whether this version can judge a kind of metric; a rollout that uses another one is refused up front (NotSupported). */
export const supported = (kind: MetricKind): kind is MetricRule['kind'] => SUPPORTED.has(kind);
