import { drop, keep, type Labels, NAME, signature } from './labels.ts';
import { larger, smaller, total } from './range-function.ts';
import type { Sample } from './value.ts';

export interface Grouping {
  readonly without: boolean;
  readonly labels: readonly string[];
}

export const AGGREGATIONS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Sum: total,
  Avg: (values) => total(values) / values.length,
  Max: (values) => values.reduce(larger),
  Min: (values) => values.reduce(smaller),
  Count: (values) => values.length,
  Group: () => 1,
};

/** One sample for each group of labels. */
export function aggregate(
  samples: readonly Sample[],
  grouping: Grouping,
  combine: (values: readonly number[]) => number,
): readonly Sample[] {
  const groups = new Map<string, { readonly labels: Labels; readonly values: number[] }>();
  for (const { labels, value } of samples) {
    const kept = grouping.without ? drop(labels, [NAME, ...grouping.labels]) : keep(labels, grouping.labels);
    const key = signature(kept);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels: kept, values: [value] });
    else group.values.push(value);
  }
  return [...groups.values()].map(({ labels, values }) => ({ labels, value: combine(values) }));
}
