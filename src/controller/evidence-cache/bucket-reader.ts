import { rebucket } from '../histogram/rebucket.ts';
import type { BoundIds } from './bound-ids.ts';
import type { BucketRow } from './bucket-row.ts';

/** Puts the buckets of rows between given bounds; how each pair of ends lies to them is worked out once. */
export class BucketReader {
  readonly #bounds: readonly number[];
  readonly #ids: BoundIds;
  /** By the ids of a bucket's ends: the shares of it that each bucket gets. */
  readonly #shares = new Map<number, readonly (readonly [bucket: number, share: number])[]>();

  /** Made of fractions first: engines keep such an array as it is when counts, which may be fractions, come in. */
  readonly #zeros: readonly number[];

  constructor(bounds: readonly number[], ids: BoundIds) {
    this.#bounds = bounds;
    this.#ids = ids;
    this.#zeros = [...bounds, Infinity].map(() => 0.5).fill(0);
  }

  /** The counts of all rows in one column, one more than there are bounds; null where none has a sample. */
  read(rows: readonly BucketRow[], column: number): readonly number[] | null {
    let counts: number[] | null = null;
    for (const row of rows) {
      if (!row.has(column)) continue;
      const into: number[] = counts ?? this.#zeros.slice();
      counts = into;
      row.each(column, (from, to, count) => {
        for (const [bucket, share] of this.#sharesOf(from, to))
          into[bucket] = (into[bucket] ?? 0) + share * count;
      });
    }
    return counts;
  }

  #sharesOf(from: number, to: number): readonly (readonly [bucket: number, share: number])[] {
    const id = from * 65_536 + to;
    const known = this.#shares.get(id);
    if (known !== undefined) return known;
    const one = { from: this.#ids.bound(from), to: this.#ids.bound(to), count: 1 };
    const shares = [...rebucket([one], this.#bounds).entries()].filter(([, share]) => share > 0);
    this.#shares.set(id, shares);
    return shares;
  }
}
