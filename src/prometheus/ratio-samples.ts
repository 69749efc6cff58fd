import type { MinuteSample, NodeMinutes } from '../judge/evidence.ts';
import { pointsOfPart } from './part-points.ts';
import type { Series } from './query-result.ts';

/**
 * The answer to a ratioQuery as samples. A step of a pod is there where its total is: a counter of
 * failures that has no series yet then means no failures, and without a total it means nothing.
 * NaN and infinities are passed on: the judge takes them for missing samples.
 */
export const ratioSamples = (series: readonly Series[], groupBy: string): readonly NodeMinutes[] => {
  const bad = pointsOfPart(series, groupBy, 'bad');
  return [...pointsOfPart(series, groupBy, 'total')].map(([key, totals]) => {
    const failures = bad.get(key);
    const minutes = [...totals].map(([at, total]): MinuteSample => ({
      at,
      total,
      bad: failures?.get(at) ?? 0,
    }));
    return { key, minutes };
  });
};
