import type { MinuteSample, NodeMinutes } from '../judge/evidence.ts';
import type { Series } from './query-result.ts';

/**
 * The answer to a user's expression as samples by the label that says where they come from. Where
 * several series have the same key (two devices of a node) all their values are kept: a bound holds
 * for each of them.
 */
export const valueSamples = (series: readonly Series[], label: string): readonly NodeMinutes[] => {
  const found = new Map<string, MinuteSample[]>();
  for (const { labels, points } of series) {
    const key = labels[label];
    if (key === undefined || key === '') continue;
    const minutes = found.get(key) ?? [];
    for (const [at, value] of points) minutes.push({ at, value });
    found.set(key, minutes);
  }
  return [...found].map(([key, minutes]) => ({ key, minutes }));
};
