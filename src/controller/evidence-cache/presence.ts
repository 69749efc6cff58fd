import { Matrix } from './matrix.ts';

/** In place of a step at which a sample arrived: there is none. */
const MISSING = -32_768;

/** Which columns of which rows are there, and since when. */
export class Presence {
  readonly #arrived: Matrix<Int16Array>;

  constructor(columns: number | undefined) {
    this.#arrived = new Matrix((length) => new Int16Array(length), MISSING, columns);
  }

  has(row: number, column: number): boolean {
    return this.#arrived.get(row, column) !== MISSING;
  }

  arrived(row: number, column: number): number {
    return this.#arrived.get(row, column);
  }

  note(row: number, column: number, arrived: number): void {
    this.#arrived.set(row, column, Math.max(MISSING + 1, Math.min(32_767, arrived)));
  }
}
