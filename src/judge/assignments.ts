import { randomStream } from './random.ts';

/** How many assignments are enumerated at most; beyond that they are drawn. */
const MAX_ENUMERATED = 20_000;
/** Draws where candidates are few and cheap to score, and where they are many. */
const MANY_DRAWS = 19_999;
const FEW_DRAWS = 1999;
const FEW_CANDIDATES = 64;
/** Numbers that a drawn reference set holds at most (32 MB), and draws for each chance of alpha. */
const MAX_MEMBERS = 16_000_000;
const DRAWS_PER_ALPHA = 4;

/** One stratum of the draw: `chosen` of `size` nodes became candidates. */
export interface Stratum {
  readonly size: number;
  readonly chosen: number;
}

/**
 * Ways in which the draw could have come out. Each row lists the chosen nodes of all strata, a
 * stratum's nodes numbered after those of the strata before it; row 0 is the real one.
 */
export interface Assignments {
  readonly rows: number;
  /** Nodes in a row. */
  readonly width: number;
  /** rows * width node numbers. */
  readonly members: Uint16Array;
  /** All of them, or a seeded sample with the real one included: p-values are exact either way. */
  readonly exhaustive: boolean;
}

/** Ways to draw all strata; Infinity when it is beyond numbers. */
export const countAssignments = (strata: readonly Stratum[]): number =>
  strata.reduce((product, { size, chosen }) => product * choose(size, chosen), 1);

export const choose = (n: number, k: number): number => {
  if (k < 0 || k > n) return 0;
  let result = 1;
  // Dividing by each i keeps every step a whole number.
  for (let i = 1; i <= Math.min(k, n - k); i += 1) result = (result * (n - Math.min(k, n - k) + i)) / i;
  return result;
};

/** How large a reference set is to be. */
export interface ReferenceSize {
  /** The smallest p-value that must be within reach. */
  readonly alpha?: number;
  /** How many assignments are enumerated at most. */
  readonly enumerated?: number;
  /** How many are drawn beyond that, whatever alpha is. */
  readonly draws?: number;
}

/**
 * The reference set of a randomisation test.
 * @param real the chosen nodes of each stratum, numbered within the stratum
 */
export const referenceSet = (
  strata: readonly Stratum[],
  real: readonly (readonly number[])[],
  seed: string,
  { alpha = 0.005, enumerated = MAX_ENUMERATED, draws }: ReferenceSize = {},
): Assignments => {
  const count = countAssignments(strata);
  const offsets = offsetsOf(strata);
  const first = real.flatMap((chosen, s) => chosen.map((node) => node + (offsets[s] ?? 0)));
  return count <= enumerated
    ? enumerate(strata, offsets, first, count)
    : draw(strata, offsets, first, seed, 1 + (draws ?? drawsFor(first.length, alpha)));
};

const offsetsOf = (strata: readonly Stratum[]): readonly number[] => {
  let next = 0;
  return strata.map(({ size }) => {
    const offset = next;
    next += size;
    return offset;
  });
};

const enumerate = (
  strata: readonly Stratum[],
  offsets: readonly number[],
  real: readonly number[],
  count: number,
): Assignments => {
  const width = real.length;
  const members = new Uint16Array(count * width);
  members.set(real);
  const id = key(real);
  const row: number[] = [];
  let next = 1;
  const walk = (stratum: number): void => {
    const current = strata[stratum];
    if (current === undefined) {
      if (key(row) === id) return;
      members.set(row, next * width);
      next += 1;
      return;
    }
    pick(current, offsets[stratum] ?? 0, 0, current.chosen, row, () => walk(stratum + 1));
  };
  walk(0);
  return { rows: count, width, members, exhaustive: true };
};

const key = (row: readonly number[]): string => row.toSorted((a, b) => a - b).join(',');

/** Calls `then` with each way to add `left` nodes of the stratum from `from` on to the row. */
const pick = (
  stratum: Stratum,
  offset: number,
  from: number,
  left: number,
  row: number[],
  then: () => void,
): void => {
  if (left === 0) {
    then();
    return;
  }
  for (let node = from; node <= stratum.size - left; node += 1) {
    row.push(offset + node);
    pick(stratum, offset, node + 1, left - 1, row, then);
    row.pop();
  }
};

const drawsFor = (width: number, alpha: number): number => {
  const usual = width <= FEW_CANDIDATES ? MANY_DRAWS : FEW_DRAWS;
  const needed = Math.ceil(DRAWS_PER_ALPHA / alpha);
  return Math.max(FEW_DRAWS, Math.min(Math.max(usual, needed), Math.floor(MAX_MEMBERS / width)));
};

const draw = (
  strata: readonly Stratum[],
  offsets: readonly number[],
  real: readonly number[],
  seed: string,
  rows: number,
): Assignments => {
  const width = real.length;
  const members = new Uint16Array(rows * width);
  members.set(real);
  // Another stream than the one that drew the real candidates, should both have the same seed.
  const random = randomStream(`reference assignments ${seed}`);
  const decks = strata.map(({ size }, s) =>
    Uint16Array.from({ length: size }, (_, i) => i + (offsets[s] ?? 0)),
  );
  let at = width;
  for (let row = 1; row < rows; row += 1) {
    for (const [s, deck] of decks.entries()) {
      const chosen = strata[s]?.chosen ?? 0;
      for (let i = 0; i < chosen; i += 1) {
        // Fisher-Yates as far as needed; a deck in any order is a fair start for the next shuffle.
        const other = i + Math.floor(random() * (deck.length - i));
        const card = deck[other] ?? 0;
        deck[other] = deck[i] ?? 0;
        deck[i] = card;
        members[at] = card;
        at += 1;
      }
    }
  }
  return { rows, width, members, exhaustive: false };
};
