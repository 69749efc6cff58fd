import type { MinuteSample, NodeMinutes } from '../judge/evidence.ts';
import { pointsOfPart } from './part-points.ts';
import type { Series } from './query-result.ts';

/**
 * The answer to a meanQuery as samples. A step is there where both counters are there with finite numbers: a server
 * that once added NaN to its sum shows NaN ever after, and that is no mean. A step without observations is one.
 */
export const meanSamples = (series: readonly Series[], groupBy: string): readonly NodeMinutes[] => {
  const sums = pointsOfPart(series, groupBy, 'sum');
  return [...pointsOfPart(series, groupBy, 'count')].map(([key, counts]) => {
    const minutes: MinuteSample[] = [];
    for (const [at, count] of counts) {
      const sum = sums.get(key)?.get(at) ?? Number.NaN;
      if (Number.isFinite(sum) && Number.isFinite(count) && count >= 0) minutes.push({ at, sum, count });
    }
    return { key, minutes };
  });
};
