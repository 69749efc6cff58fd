import { PART_LABEL } from './counter-parts.ts';
import type { Series } from './query-result.ts';

/** The series of one part of a counterQuery, each with the key that it belongs to. */
export function* seriesOfPart(
  series: readonly Series[],
  groupBy: string,
  part: string,
): Generator<readonly [string, Series]> {
  for (const each of series) {
    const key = each.labels[groupBy];
    if (each.labels[PART_LABEL] === part && key !== undefined && key !== '') yield [key, each];
  }
}

/** The points of one part that has a single series for each key, by key and time. */
export const pointsOfPart = (
  series: readonly Series[],
  groupBy: string,
  part: string,
): ReadonlyMap<string, ReadonlyMap<number, number>> => {
  const found = new Map<string, Map<number, number>>();
  for (const [key, { points }] of seriesOfPart(series, groupBy, part)) {
    const known = found.get(key);
    // A query asked in parts may tell of a key more than once.
    if (known === undefined) found.set(key, new Map(points));
    else for (const [at, value] of points) known.set(at, value);
  }
  return found;
};
