import { grown, MISSING } from './row.ts';

/** Which columns of a row are there, and since when. */
export class Presence {
  present = 0;
  #arrived = new Int16Array(0);

  has(column: number): boolean {
    return (this.#arrived[column] ?? MISSING) !== MISSING;
  }

  arrived(column: number): number {
    return this.#arrived[column] ?? MISSING;
  }

  note(column: number, arrived: number): void {
    const before = this.#arrived.length;
    this.#arrived = grown(this.#arrived, column + 1, (length) => new Int16Array(length));
    this.#arrived.fill(MISSING, before);
    if (!this.has(column)) this.present += 1;
    this.#arrived[column] = Math.max(MISSING + 1, Math.min(32_767, arrived));
  }
}
