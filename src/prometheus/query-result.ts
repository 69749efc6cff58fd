import type { UnavailableReason } from '../judge/evidence.ts';

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** [ms since the epoch, value]; the value may be NaN or infinite. */
  readonly points: readonly (readonly [number, number])[];
  /** Native histograms of the series: [ms since the epoch, its buckets that are not empty, ascending]. */
  readonly histograms?: readonly (readonly [number, readonly NativeBucket[]])[];
}

/** What was observed between two bounds; the outermost ones may be infinite. */
export interface NativeBucket {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

export interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: UnavailableReason;
  readonly message: string;
}

/** What a query came back with; an empty list of series is an answer. */
export type QueryResult = { readonly kind: 'series'; readonly series: readonly Series[] } | Unavailable;

export const unavailable = (reason: UnavailableReason, message: string): Unavailable => ({
  kind: 'unavailable',
  reason,
  message,
});
