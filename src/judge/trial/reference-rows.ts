import { countAssignments, referenceSet } from '../assignments.ts';
import type { Assignments } from '../assignments.ts';
import { randomStream } from '../random.ts';
import type { Panel } from './panel.ts';

/** Draws beside the real one where not all are enumerated. */
const DRAWS = 9999;
/** Numbers that a reference set may hold; large waves are drawn less often, at the least so often. */
const MEMBERS = 2_000_000;
const FEWEST = 1999;

/** What became of the draw in each cohort: so many of so many. */
export interface Draw {
  readonly size: number;
  readonly chosen: number;
  /** Nodes of the cohort, as the panel numbers them. */
  readonly nodes: readonly number[];
}

export const drawsOf = ({ cohorts, nodes }: Panel): readonly Draw[] =>
  cohorts.map((_, cohort) => {
    const members = nodes.flatMap((node, at) => (node.cohort === cohort ? [at] : []));
    return {
      size: members.length,
      chosen: members.filter((at) => nodes[at]?.candidate === true).length,
      nodes: members,
    };
  });

/** Ways in which the draw could have come out. */
export const waysOf = (draws: readonly Draw[]): number => countAssignments(draws);

/** How many rows the reference set has. */
export const rowsOf = (draws: readonly Draw[]): number => {
  const ways = waysOf(draws);
  const few = drawsFor(draws);
  return ways <= few ? ways : few + 1;
};

const drawsFor = (draws: readonly Draw[]): number => {
  const width = draws.reduce((sum, { chosen }) => sum + chosen, 0);
  return Math.max(FEWEST, Math.min(DRAWS, Math.floor(MEMBERS / Math.max(1, width))));
};

/** Rows that are drawn between two pauses. */
const BATCH = 32;

/**
 * The rows that the real draw is compared with, itself the first: all there are where they are few, else a seeded
 * sample, which is as exact. A row lists the chosen nodes cohort after cohort, as the panel numbers them.
 */
export function* referenceRows(
  draws: readonly Draw[],
  panel: Panel,
  seed: string,
): Generator<void, Assignments> {
  const real = draws.map(({ nodes }) => nodes.filter((node) => panel.nodes[node]?.candidate === true));
  const rows = rowsOf(draws);
  if (rows === waysOf(draws)) return enumerated(draws, real, seed);
  const first = real.flat();
  const width = first.length;
  const members = new Uint16Array(rows * width);
  members.set(first);
  // Another stream than the one that drew the real candidates, should both have the same seed.
  const random = randomStream(`reference assignments ${seed}`);
  const decks = draws.map(({ nodes }) => Uint16Array.from(nodes));
  let at = width;
  for (let row = 1; row < rows; row += 1) {
    for (const [cohort, deck] of decks.entries()) {
      const chosen = draws[cohort]?.chosen ?? 0;
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
    if (row % BATCH === 0) yield;
  }
  return { rows, width, members, exhaustive: false };
}

const enumerated = (
  draws: readonly Draw[],
  real: readonly (readonly number[])[],
  seed: string,
): Assignments => {
  const numbered = draws.map(({ nodes }, cohort) => (real[cohort] ?? []).map((node) => nodes.indexOf(node)));
  const reference = referenceSet(draws, numbered, seed, { enumerated: Infinity });
  const nodes = draws.flatMap((draw) => draw.nodes);
  return { ...reference, members: reference.members.map((at) => nodes[at] ?? 0) };
};
