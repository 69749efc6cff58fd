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

/** The labels of the groups that labels fall into, kept from one step of a query to the next. */
export type GroupsKnown = WeakMap<Labels, Labels>;

/** One sample for each group of labels. */
export function aggregate(
  samples: readonly Sample[],
  grouping: Grouping,
  combine: (values: readonly number[]) => number,
  known: GroupsKnown,
): readonly Sample[] {
  const groups = new Map<string, { readonly labels: Labels; readonly values: number[] }>();
  for (const { labels, value } of samples) {
    const kept = known.get(labels) ?? groupOf(labels, grouping);
    known.set(labels, kept);
    const key = signature(kept);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels: kept, values: [value] });
    else group.values.push(value);
  }
  return [...groups.values()].map(({ labels, values }) => ({ labels, value: combine(values) }));
}

function groupOf(labels: Labels, grouping: Grouping): Labels {
  return grouping.without ? drop(labels, [NAME, ...grouping.labels]) : keep(labels, grouping.labels);
}
