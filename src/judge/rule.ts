/** A metric as the judge takes it: fractions as numbers, durations in ms. */
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

/** What is judged over a whole window. */
export type MetricRule = QueryRule | PodsRule;
