import type { MinuteSample } from '../../judge/evidence.ts';
import type { Interval } from '../histogram/interval.ts';
import type { AnswerBuckets, BoundIds, BucketForm } from './bound-ids.ts';
import { CLASSIC, NATIVE } from './bound-ids.ts';
import type { BucketPool } from './bucket-pool.ts';
import { Growing, Matrix } from './matrix.ts';
import { Presence } from './presence.ts';
import type { Row } from './row.ts';

/** Of all rows of a metric, by form. */
export type Pools = Readonly<Record<BucketForm, BucketPool>>;

/**
 * The buckets that are not empty in each column of all rows of one stretch of time, with the ids of their two ends: a
 * step of some hundred requests fills few of them, and how many there are is not known before. Counts are kept to
 * seven digits.
 */
export class BucketTable {
  readonly ids: BoundIds;
  readonly pools: Pools;
  readonly presence: Presence;
  readonly start: Matrix<Uint32Array>;
  readonly size: Matrix<Uint16Array>;
  readonly form: Matrix<Uint8Array>;
  /** From and to of each bucket, one after the other. */
  readonly ends = new Growing((length) => new Uint16Array(length));
  readonly counts = new Growing((length) => new Float32Array(length));
  used = 0;
  #rows = 0;

  /** `columns` where they are known before. */
  constructor(ids: BoundIds, pools: Pools, columns: number | undefined) {
    this.ids = ids;
    this.pools = pools;
    this.presence = new Presence(columns);
    this.start = new Matrix((length) => new Uint32Array(length), 0, columns);
    this.size = new Matrix((length) => new Uint16Array(length), 0, columns);
    this.form = new Matrix((length) => new Uint8Array(length), 0, columns);
  }

  addRow(): BucketRow {
    this.#rows += 1;
    return new BucketRow(this, this.#rows - 1);
  }
}

/** One row of a BucketTable. */
export class BucketRow implements Row {
  asked = 0;
  present = 0;
  readonly #table: BucketTable;
  readonly #row: number;

  constructor(table: BucketTable, row: number) {
    this.#table = table;
    this.#row = row;
  }

  has(column: number): boolean {
    return this.#table.presence.has(this.#row, column);
  }

  arrived(column: number): number {
    return this.#table.presence.arrived(this.#row, column);
  }

  /** Only where `has(column)`. */
  intervals(column: number): readonly Interval[] {
    const found: Interval[] = [];
    this.each(column, (from, to, count) => {
      found.push({ from: this.#table.ids.bound(from), to: this.#table.ids.bound(to), count });
    });
    return found;
  }

  /** The ids of the ends of each bucket, and its count. */
  each(column: number, visit: (from: number, to: number, count: number) => void): void {
    const { start, size, ends, counts } = this.#table;
    const first = start.get(this.#row, column);
    const end = first + size.get(this.#row, column);
    for (let at = first; at < end; at++) visit(ends.get(2 * at), ends.get(2 * at + 1), counts.get(at));
  }

  /** Only where `has(column)`. */
  form(column: number): BucketForm {
    return this.#table.form.get(this.#row, column) === CLASSIC ? CLASSIC : NATIVE;
  }

  merge(
    column: number,
    { buckets }: MinuteSample,
    arrived: number,
    answer: AnswerBuckets | undefined,
  ): boolean {
    if (buckets === undefined || answer === undefined || buckets.length !== answer.ends.length - 1)
      return false;
    if (!buckets.every((count) => Number.isFinite(count) && count >= 0)) return false;
    const filled = buckets.flatMap((count, index) => (Math.fround(count) > 0 ? [index] : []));
    const ends = filled.flatMap((index) => [answer.ends[index] ?? 0, answer.ends[index + 1] ?? 0]);
    const counts = filled.map((index) => Math.fround(buckets[index] ?? 0));
    if (this.has(column)) {
      if (this.#seenMore(column, answer.form, ends, counts) >= 0) return false;
      this.#addToPool(column, -1);
    } else this.present += 1;
    this.#table.presence.note(this.#row, column, arrived);
    this.#write(column, answer.form, ends, counts);
    this.#addToPool(column, 1);
    return true;
  }

  /** Above zero where the known sample is to stay, below where the new one is, zero where they are the same. */
  #seenMore(column: number, form: BucketForm, ends: readonly number[], counts: readonly number[]): number {
    const known = this.intervals(column);
    const byForm = this.form(column) - form;
    if (byForm !== 0) return byForm;
    const total = counts.reduce((sum, count) => sum + count, 0);
    const knownTotal = known.reduce((sum, { count }) => sum + count, 0);
    if (knownTotal !== total) return knownTotal - total;
    // Any rule will do, as long as it is the same for either order.
    const [a, b] = [
      text(known),
      text(
        counts.map((count, index) => ({
          from: this.#table.ids.bound(ends[2 * index] ?? 0),
          to: this.#table.ids.bound(ends[2 * index + 1] ?? 0),
          count,
        })),
      ),
    ];
    return a === b ? 0 : a > b ? 1 : -1;
  }

  #write(column: number, form: BucketForm, ends: readonly number[], counts: readonly number[]): void {
    const table = this.#table;
    const fits = counts.length <= table.size.get(this.#row, column);
    const start = fits ? table.start.get(this.#row, column) : table.used;
    if (!fits) table.used += counts.length;
    table.start.set(this.#row, column, start);
    table.size.set(this.#row, column, counts.length);
    table.form.set(this.#row, column, form);
    table.ends.write(ends, 2 * start);
    table.counts.write(counts, start);
  }

  #addToPool(column: number, sign: 1 | -1): void {
    const pool = this.#table.pools[this.form(column)];
    this.each(column, (from, to, count) => pool.add(from, to, count, sign));
  }
}

const text = (intervals: readonly Interval[]): string =>
  intervals.map(({ from, to, count }) => `${from} ${to} ${count}`).join();
