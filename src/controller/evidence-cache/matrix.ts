type Cells = Float64Array | Float32Array | Int16Array | Uint16Array | Uint32Array | Uint8Array;

/** Numbers by row and column in one array: thousands of rows cost no more than their numbers. It grows either way. */
export class Matrix<A extends Cells> {
  readonly #make: (length: number) => A;
  /** What is where nothing was written. */
  readonly #empty: number;
  #cells: A;
  #rows = 0;
  #columns: number;

  /** `columns`: how many there will be, where that is known. */
  constructor(make: (length: number) => A, empty: number, columns = 0) {
    this.#make = make;
    this.#empty = empty;
    this.#cells = make(0);
    this.#columns = columns;
  }

  get(row: number, column: number): number {
    if (column >= this.#columns) return this.#empty;
    return this.#cells[row * this.#columns + column] ?? this.#empty;
  }

  set(row: number, column: number, value: number): void {
    this.#fit(row + 1, column + 1);
    this.#cells[row * this.#columns + column] = value;
  }

  #fit(rows: number, columns: number): void {
    if (rows <= this.#rows && columns <= this.#columns) return;
    const [oldRows, oldColumns, old] = [this.#rows, this.#columns, this.#cells];
    if (rows > oldRows) this.#rows = Math.max(rows, Math.ceil(1.25 * oldRows), 8);
    if (columns > oldColumns) this.#columns = Math.max(columns, Math.ceil(1.5 * oldColumns), 8);
    this.#cells = this.#make(this.#rows * this.#columns);
    if (this.#empty !== 0) this.#cells.fill(this.#empty);
    for (let row = 0; row < oldRows; row++) {
      this.#cells.set(old.subarray(row * oldColumns, (row + 1) * oldColumns), row * this.#columns);
    }
  }
}

/** Numbers one after the other, more and more of them. */
export class Growing<A extends Cells> {
  readonly #make: (length: number) => A;
  #cells: A;

  constructor(make: (length: number) => A) {
    this.#make = make;
    this.#cells = make(0);
  }

  get(at: number): number {
    return this.#cells[at] ?? 0;
  }

  write(values: readonly number[], at: number): void {
    const length = at + values.length;
    if (length > this.#cells.length) {
      const old = this.#cells;
      this.#cells = this.#make(Math.max(length, Math.ceil(1.25 * old.length), 64));
      this.#cells.set(old);
    }
    this.#cells.set(values, at);
  }
}
