/** Small numbers for the bounds of one metric's buckets. */
export class BoundIds {
  readonly #ids = new Map<number, number>();
  readonly #bounds: number[] = [];

  /** Undefined where there are more bounds than numbers, which no sane histogram has. */
  of(bound: number): number | undefined {
    const known = this.#ids.get(bound);
    if (known !== undefined || this.#bounds.length > 0xffff) return known;
    this.#ids.set(bound, this.#bounds.length);
    this.#bounds.push(bound);
    return this.#bounds.length - 1;
  }

  bound(id: number): number {
    return this.#bounds[id] ?? Number.NaN;
  }
}

/** Which buckets the samples of one answer have. */
export interface AnswerBuckets {
  /** Ids of -Infinity, the answer's bounds and Infinity: bucket i lies between number i and number i + 1. */
  readonly ends: readonly number[];
  readonly form: BucketForm;
}

/** The larger one counts where a column has both. */
export type BucketForm = typeof NATIVE | typeof CLASSIC;
export const NATIVE = 1;
export const CLASSIC = 2;
