import type { MinuteSample } from '../../judge/evidence.ts';
import type { Interval } from '../histogram/interval.ts';
import type { AnswerBuckets, BoundIds, BucketForm } from './bound-ids.ts';
import { CLASSIC, NATIVE } from './bound-ids.ts';
import type { BucketPool } from './bucket-pool.ts';
import { Presence } from './presence.ts';
import type { Row } from './row.ts';
import { grown } from './row.ts';

/** Of all rows of a metric, by form. */
export type Pools = Readonly<Record<BucketForm, BucketPool>>;

/**
 * The buckets that are not empty in each column, with the ids of their two ends: a step of some hundred requests
 * fills few of them, and how many there are is not known before. Counts are kept to seven digits.
 */
export class BucketRow implements Row {
  asked = 0;
  readonly #ids: BoundIds;
  readonly #presence = new Presence();
  #start = new Uint32Array(0);
  #size = new Uint16Array(0);
  #form = new Uint8Array(0);
  /** From and to of each bucket, one after the other. */
  #ends = new Uint16Array(0);
  #counts = new Float32Array(0);
  #used = 0;
  readonly #pools: Pools;

  constructor(ids: BoundIds, pools: Pools) {
    this.#ids = ids;
    this.#pools = pools;
  }

  get present(): number {
    return this.#presence.present;
  }

  has(column: number): boolean {
    return this.#presence.has(column);
  }

  arrived(column: number): number {
    return this.#presence.arrived(column);
  }

  /** Only where `has(column)`. */
  intervals(column: number): readonly Interval[] {
    const found: Interval[] = [];
    this.each(column, (from, to, count) => {
      found.push({ from: this.#ids.bound(from), to: this.#ids.bound(to), count });
    });
    return found;
  }

  /** The ids of the ends of each bucket, and its count. */
  each(column: number, visit: (from: number, to: number, count: number) => void): void {
    const start = this.#start[column] ?? 0;
    const end = start + (this.#size[column] ?? 0);
    for (let at = start; at < end; at++) {
      visit(this.#ends[2 * at] ?? 0, this.#ends[2 * at + 1] ?? 0, this.#counts[at] ?? 0);
    }
  }

  /** Only where `has(column)`. */
  form(column: number): BucketForm {
    return this.#form[column] === CLASSIC ? CLASSIC : NATIVE;
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
    }
    this.#presence.note(column, arrived);
    this.#write(column, answer.form, ends, counts);
    this.#addToPool(column, 1);
    return true;
  }

  /** Above zero where the known sample is to stay, below where the new one is, zero where they are the same. */
  #seenMore(column: number, form: BucketForm, ends: readonly number[], counts: readonly number[]): number {
    const known = this.intervals(column);
    const byForm = (this.#form[column] ?? 0) - form;
    if (byForm !== 0) return byForm;
    const total = counts.reduce((sum, count) => sum + count, 0);
    const knownTotal = known.reduce((sum, { count }) => sum + count, 0);
    if (knownTotal !== total) return knownTotal - total;
    // Any rule will do, as long as it is the same for either order.
    const [a, b] = [
      text(known),
      text(
        counts.map((count, index) => ({
          from: this.#ids.bound(ends[2 * index] ?? 0),
          to: this.#ids.bound(ends[2 * index + 1] ?? 0),
          count,
        })),
      ),
    ];
    return a === b ? 0 : a > b ? 1 : -1;
  }

  #write(column: number, form: BucketForm, ends: readonly number[], counts: readonly number[]): void {
    const fits = counts.length <= (this.#size[column] ?? 0);
    const start = fits ? (this.#start[column] ?? 0) : this.#used;
    if (!fits) this.#used += counts.length;
    this.#start = grown(this.#start, column + 1, (length) => new Uint32Array(length));
    this.#size = grown(this.#size, column + 1, (length) => new Uint16Array(length));
    this.#form = grown(this.#form, column + 1, (length) => new Uint8Array(length));
    this.#ends = grown(this.#ends, 2 * this.#used, (length) => new Uint16Array(length));
    this.#counts = grown(this.#counts, this.#used, (length) => new Float32Array(length));
    this.#start[column] = start;
    this.#size[column] = counts.length;
    this.#form[column] = form;
    this.#ends.set(ends, 2 * start);
    this.#counts.set(counts, start);
  }

  #addToPool(column: number, sign: 1 | -1): void {
    const pool = this.#pools[this.form(column)];
    this.each(column, (from, to, count) => pool.add(from, to, count, sign));
  }
}

const text = (intervals: readonly Interval[]): string =>
  intervals.map(({ from, to, count }) => `${from} ${to} ${count}`).join();
