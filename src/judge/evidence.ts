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
  /** A `mean`: the sum of the values observed in the step, in their own unit, and their number; both or none. */
  readonly sum?: number;
  readonly count?: number;
  /**
   * A histogram: observations of the step in each bucket, not in it and all below. There is one bucket more than
   * the evidence has `bounds`: bucket i holds what is above bound i - 1 and at most bound i, the last one the rest.
   */
  readonly buckets?: readonly number[];
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
  | 'ResponsePartial'
  | 'BucketsDiffer';

/** Where the counts of buckets come from; Mixed: some judged pods have classic buckets alone, and others native ones alone. */
export type HistogramForm = 'Classic' | 'Native' | 'Mixed';

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
      /** Of histograms: the finite upper bounds, ascending, that all samples' `buckets` have in common. */
      readonly bounds?: readonly number[];
      readonly histograms?: HistogramForm;
      /** Says which pods have other bounds than the rest, where the common ones are too few to judge by: a reason to hold. */
      readonly bucketsDiffer?: string;
    }
  | { readonly kind: 'unavailable'; readonly reason: UnavailableReason; readonly message: string };
