import type { Interval } from '../histogram/interval.ts';
import type { BoundIds } from './bound-ids.ts';

/** Every bucket that any sample of a metric has something in, with the counts of all samples added up. */
export class BucketPool {
  readonly #ids: BoundIds;
  readonly #byEnds = new Map<number, { cells: number; count: number }>();

  constructor(ids: BoundIds) {
    this.#ids = ids;
  }

  /** `sign` -1 takes a sample's bucket out again. */
  add(from: number, to: number, count: number, sign: 1 | -1): void {
    const id = from * 65_536 + to;
    const known = this.#byEnds.get(id);
    if (known === undefined) {
      this.#byEnds.set(id, { cells: 1, count });
      return;
    }
    known.cells += sign;
    known.count += sign * count;
    // By cells, not by counts: differences of sums need not come out as zero.
    if (known.cells === 0) this.#byEnds.delete(id);
  }

  intervals(): readonly Interval[] {
    return [...this.#byEnds].map(([id, { count }]) => ({
      from: this.#ids.bound(Math.floor(id / 65_536)),
      to: this.#ids.bound(id % 65_536),
      count,
    }));
  }
}
