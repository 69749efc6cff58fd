import type { KeyIntervals } from './interval.ts';
import { edgesWithin } from './interval.ts';

/** How one pod stands to the lost bounds: those that it has, and those that it counts across. */
interface Stand {
  readonly key: string;
  readonly having: ReadonlySet<number>;
  readonly lacking: ReadonlySet<number>;
}

/**
 * Few pods without which no bound would be lost, sorted: those that disagree with most others are taken away first,
 * until the rest agrees.
 */
export const oddOnes = (
  pods: readonly KeyIntervals[],
  edges: readonly number[],
  lost: ReadonlySet<number>,
): readonly string[] => {
  const stands = pods.map(({ key, intervals }): Stand => {
    const lacking = new Set(intervals.flatMap((interval) => edgesWithin(interval, edges)));
    const ends = new Set(intervals.flatMap(({ from, to }) => [from, to]));
    const having = new Set([...ends].filter((edge) => lost.has(edge) && !lacking.has(edge)));
    return { key, having, lacking };
  });
  const having = counted(stands.map((stand) => stand.having));
  const lacking = counted(stands.map((stand) => stand.lacking));
  const opponents = (stand: Stand): number => sumOver(stand.having, lacking) + sumOver(stand.lacking, having);
  const byDisagreement = stands
    .map((stand) => ({ stand, against: opponents(stand) }))
    .toSorted((a, b) => b.against - a.against || (a.stand.key < b.stand.key ? -1 : 1));
  const odd = new Set<string>();
  for (const { stand } of byDisagreement) {
    if (opponents(stand) === 0) continue;
    odd.add(stand.key);
    for (const edge of stand.having) having.set(edge, (having.get(edge) ?? 1) - 1);
    for (const edge of stand.lacking) lacking.set(edge, (lacking.get(edge) ?? 1) - 1);
  }
  return [...odd].toSorted();
};

const counted = (sets: readonly ReadonlySet<number>[]): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const set of sets) for (const edge of set) counts.set(edge, (counts.get(edge) ?? 0) + 1);
  return counts;
};

const sumOver = (edges: ReadonlySet<number>, counts: ReadonlyMap<number, number>): number =>
  [...edges].reduce((sum, edge) => sum + (counts.get(edge) ?? 0), 0);
