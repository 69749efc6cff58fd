/** One sample of one judged pod (or node): what happened in the step that ends at `at`. */
export interface MinuteSample {
  /** End of the step, ms since the epoch; the step covers (at - resolution, at]. */
  readonly at: number;
  /** Bad requests in the step; a present zero, never a guess: absent means that the sample is missing. */
  readonly bad?: number;
  /** All requests in the step. */
  readonly total?: number;
  /** The value of a `query` metric at `at`. */
  readonly value?: number;
}

export interface NodeMinutes {
  /** Value of the `groupBy` label: the pod's name, or the node's. */
  readonly key: string;
  readonly minutes: readonly MinuteSample[];
}

export type UnavailableReason =
  | 'NotConfigured'
  | 'PrometheusUnreachable'
  | 'QueryTimeout'
  | 'QueryRefused'
  | 'QueryInvalid'
  | 'CredentialsRefused'
  | 'ResponseUnreadable'
  | 'ResponseTooLarge'
  | 'ResponsePartial';

/**
 * What a metric query came back with. Absence is a value: an empty `samples` says that Prometheus
 * answered and had nothing, `unavailable` that it did not answer.
 */
export type Evidence =
  | {
      readonly kind: 'samples';
      readonly samples: readonly NodeMinutes[];
      /** Most scrapes that any judged pod has in one step, where it was looked up (few or no samples). */
      readonly scrapesPerSample?: number;
    }
  | { readonly kind: 'unavailable'; readonly reason: UnavailableReason; readonly message: string };
