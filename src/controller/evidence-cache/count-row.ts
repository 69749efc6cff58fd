import type { MinuteSample } from '../../judge/evidence.ts';
import { Matrix } from './matrix.ts';
import { Presence } from './presence.ts';
import type { Row } from './row.ts';

/** The numbers of all rows of one stretch of time; `columns` where they are known before. */
export class CountTable {
  readonly presence: Presence;
  readonly counts: Matrix<Float64Array>;
  readonly values: Matrix<Float64Array>;
  readonly isMean: boolean;
  #rows = 0;

  constructor(isMean: boolean, columns: number | undefined) {
    this.isMean = isMean;
    this.presence = new Presence(columns);
    this.counts = new Matrix((length) => new Float64Array(length), 0, columns);
    this.values = new Matrix((length) => new Float64Array(length), 0, columns);
  }

  addRow(): CountRow {
    this.#rows += 1;
    return new CountRow(this, this.#rows - 1);
  }
}

/** Two numbers in each column: how many requests or observations there were; the bad ones among them, or their sum. */
export class CountRow implements Row {
  asked = 0;
  present = 0;
  readonly #table: CountTable;
  readonly #row: number;

  constructor(table: CountTable, row: number) {
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
  count(column: number): number {
    return this.#table.counts.get(this.#row, column);
  }

  value(column: number): number {
    return this.#table.values.get(this.#row, column);
  }

  merge(column: number, sample: MinuteSample, arrived: number): boolean {
    const { isMean, presence, counts, values } = this.#table;
    const count = (isMean ? sample.count : sample.total) ?? Number.NaN;
    const value = (isMean ? sample.sum : sample.bad) ?? Number.NaN;
    if (!Number.isFinite(count) || count < 0 || !Number.isFinite(value)) return false;
    if (!isMean && value < 0) return false;
    if (this.has(column)) {
      const known = this.count(column);
      if (known > count || (known === count && this.value(column) >= value)) return false;
    } else this.present += 1;
    presence.note(this.#row, column, arrived);
    counts.set(this.#row, column, count);
    values.set(this.#row, column, value);
    return true;
  }
}
