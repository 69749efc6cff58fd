/** Which reference assignments have crossed so far: all the state that the randomisation test has. */
export interface Crossings {
  /** One for each row of the reference set; 1: crossed. Row 0 is the real assignment. */
  readonly rows: Uint8Array;
}

export const noCrossings = (rows: number): Crossings => ({ rows: new Uint8Array(rows) });

/**
 * Share of the rate that may be spent by a look at time t of a soak of length T: half by the middle of the soak, three
 * quarters by its end, all of it in the long run, so that a wave that is held goes on being guarded.
 */
export const spent = (alpha: number, t: number, horizon: number): number =>
  alpha * (1 - 0.5 ** ((2 * t) / horizon));

/** Looks at which rows may cross, for each doubling of time: T, T/1.41, T/2 and so on, and beyond T. */
const STEPS = 2;

/** Whether minute t is in a later step of time than the minute of the look before. */
export const isNextStep = (t: number, before: number | undefined, horizon: number): boolean =>
  before === undefined || stepOf(t, horizon) > stepOf(before, horizon);

const stepOf = (t: number, horizon: number): number =>
  t <= 0 ? -Infinity : Math.floor(STEPS * Math.log2(t / horizon) + 1e-9);

/** Crossings as a base64 text of one bit for each row. */
export const writeCrossings = ({ rows }: Crossings): { readonly rows: number; readonly crossed: string } => {
  const bytes = new Uint8Array(Math.ceil(rows.length / 8));
  for (const [row, bit] of rows.entries()) {
    if (bit === 1) bytes[row >> 3] = (bytes[row >> 3] ?? 0) | (1 << (row & 7));
  }
  return { rows: rows.length, crossed: btoa(String.fromCharCode(...bytes)) };
};

/** What was written; nothing crossed where nothing was. */
export const readCrossings = (
  { rows, crossed }: { readonly rows?: number; readonly crossed?: string },
  expected: number,
): Crossings => {
  const read = noCrossings(expected);
  if (crossed === undefined || rows !== expected) return read;
  const bytes = Uint8Array.from(atob(crossed), (letter) => letter.charCodeAt(0));
  for (let row = 0; row < expected; row += 1) read.rows[row] = ((bytes[row >> 3] ?? 0) >> (row & 7)) & 1;
  return read;
};

/**
 * One look of the group-sequential randomisation test (after Plamadeala and Rosenberger 2012). The rows with the
 * largest statistics cross until as many have crossed as the spent rate allows; ties at the boundary do not cross, nor
 * does a row that shows no harm. Under the sharp null every row is as likely to be the real one, so the real one crosses
 * with at most the stated rate, whatever the correlation of the data.
 */
export const cross = (crossings: Crossings, statistics: Float64Array, allowedShare: number): Crossings => {
  const { rows } = crossings;
  const crossed = rows.reduce((sum, bit) => sum + bit, 0);
  const room = Math.floor(allowedShare * rows.length + 1e-9) - crossed;
  if (room <= 0) return crossings;
  const open = [...rows.keys()].filter((row) => rows[row] === 0 && (statistics[row] ?? 0) > 0);
  const sorted = open.toSorted((a, b) => (statistics[b] ?? 0) - (statistics[a] ?? 0));
  const next = sorted[room];
  const tie = next === undefined ? -Infinity : (statistics[next] ?? 0);
  const after = rows.slice();
  for (const row of sorted.slice(0, room)) {
    if ((statistics[row] ?? 0) > tie + TIE) after[row] = 1;
  }
  return { rows: after };
};

/** Sums in another order differ by less; such rows are equal. */
const TIE = 1e-9;
