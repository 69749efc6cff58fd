import { countAssignments, referenceSet } from '../assignments.ts';
import type { Assignments } from '../assignments.ts';
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

/** The rows that the real draw is compared with: all of them where they are few. A panel's nodes are in cohort order. */
export const referenceRows = (draws: readonly Draw[], panel: Panel, seed: string): Assignments => {
  const real = draws.map(({ nodes }) =>
    nodes.flatMap((node, at) => (panel.nodes[node]?.candidate === true ? [at] : [])),
  );
  return referenceSet(draws, real, seed, { enumerated: drawsFor(draws), draws: drawsFor(draws) });
};
