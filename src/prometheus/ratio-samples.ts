import type { MinuteSample, NodeMinutes } from '../judge/evidence.ts';
import type { Series } from './query-result.ts';
import { PART_LABEL } from './ratio-query.ts';

/**
 * The answer to a ratioQuery as samples. A step of a pod is there where its total is: a counter of
 * failures that has no series yet then means no failures, and without a total it means nothing.
 * NaN and infinities are passed on: the judge takes them for missing samples.
 */
export const ratioSamples = (series: readonly Series[], groupBy: string): readonly NodeMinutes[] => {
  const bad = pointsOf(series, groupBy, 'bad');
  return [...pointsOf(series, groupBy, 'total')].map(([key, totals]) => {
    const failures = bad.get(key);
    const minutes = [...totals].map(([at, total]): MinuteSample => ({
      at,
      total,
      bad: failures?.get(at) ?? 0,
    }));
    return { key, minutes };
  });
};

/** The points of one part, by key and time. */
const pointsOf = (
  series: readonly Series[],
  groupBy: string,
  part: 'bad' | 'total',
): ReadonlyMap<string, ReadonlyMap<number, number>> => {
  const found = new Map<string, ReadonlyMap<number, number>>();
  for (const { labels, points } of series) {
    const key = labels[groupBy];
    if (labels[PART_LABEL] === part && key !== undefined && key !== '') found.set(key, new Map(points));
  }
  return found;
};
