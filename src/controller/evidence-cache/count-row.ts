import type { MinuteSample } from '../../judge/evidence.ts';
import { Presence } from './presence.ts';
import type { Row } from './row.ts';
import { grown } from './row.ts';

/** Two numbers in each column: how many requests or observations there were; the bad ones among them, or their sum. */
export class CountRow implements Row {
  asked = 0;
  readonly #isMean: boolean;
  readonly #presence = new Presence();
  #counts = new Float64Array(0);
  #values = new Float64Array(0);

  constructor(isMean: boolean) {
    this.#isMean = isMean;
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
  count(column: number): number {
    return this.#counts[column] ?? Number.NaN;
  }

  value(column: number): number {
    return this.#values[column] ?? Number.NaN;
  }

  merge(column: number, sample: MinuteSample, arrived: number): boolean {
    const count = (this.#isMean ? sample.count : sample.total) ?? Number.NaN;
    const value = (this.#isMean ? sample.sum : sample.bad) ?? Number.NaN;
    if (!Number.isFinite(count) || count < 0 || !Number.isFinite(value)) return false;
    if (!this.#isMean && value < 0) return false;
    if (this.has(column)) {
      const known = this.count(column);
      if (known > count || (known === count && this.value(column) >= value)) return false;
    }
    this.#presence.note(column, arrived);
    this.#counts = grown(this.#counts, column + 1, (length) => new Float64Array(length));
    this.#values = grown(this.#values, column + 1, (length) => new Float64Array(length));
    this.#counts[column] = count;
    this.#values[column] = value;
    return true;
  }
}
