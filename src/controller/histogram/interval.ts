/** Observations above `from` and at most `to`; the outermost ones may be infinite. */
export interface Interval {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** The intervals of one pod. */
export interface KeyIntervals {
  readonly key: string;
  readonly intervals: readonly Interval[];
}

/** Bounds that differ in their last digits only, as two builds print them, are one. */
export const sameBound = (bound: number): number =>
  Number.isFinite(bound) ? Number(bound.toPrecision(12)) : bound;

/** Number of the first of the ascending bounds that is `value` or above; their number where none is. */
export const firstAtLeast = (bounds: readonly number[], value: number): number => {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bounds[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The edges strictly between the ends of an interval. */
export const edgesWithin = ({ from, to }: Interval, edges: readonly number[]): readonly number[] => {
  const within: number[] = [];
  for (let at = firstAtLeast(edges, from); at < edges.length; at++) {
    const edge = edges[at] ?? Infinity;
    if (edge >= to) break;
    if (edge > from) within.push(edge);
  }
  return within;
};

/** Each interval once, with the counts of all. */
export const addedUp = (histograms: Iterable<readonly Interval[]>): readonly Interval[] => {
  const byEnds = new Map<number, Map<number, number>>();
  for (const intervals of histograms) {
    for (const { from, to, count } of intervals) {
      if (count === 0) continue;
      const byTo = byEnds.get(from) ?? new Map<number, number>();
      byEnds.set(from, byTo.set(to, count + (byTo.get(to) ?? 0)));
    }
  }
  return [...byEnds].flatMap(([from, byTo]) => [...byTo].map(([to, count]) => ({ from, to, count })));
};
