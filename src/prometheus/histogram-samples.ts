import type { CommonBounds } from '../controller/histogram/common-bounds.ts';
import { commonBounds } from '../controller/histogram/common-bounds.ts';
import type { Interval } from '../controller/histogram/interval.ts';
import { addedUp } from '../controller/histogram/interval.ts';
import { rebucket } from '../controller/histogram/rebucket.ts';
import type { Evidence, NodeMinutes } from '../judge/evidence.ts';
import { classicBuckets } from './classic-buckets.ts';
import { isExponential, nativeBuckets } from './native-buckets.ts';
import { seriesOfPart } from './part-points.ts';
import type { Series } from './query-result.ts';

interface Step {
  readonly form: 'classic' | 'native';
  readonly intervals: readonly Interval[];
}

type Steps = Map<number, Step>;

type HistogramEvidence = Pick<
  Extract<Evidence, { kind: 'samples' }>,
  'samples' | 'bounds' | 'histograms' | 'bucketsDiffer'
>;

/**
 * The answer to a histogramQuery as samples with common bounds. Where a pod has both forms its classic buckets
 * count and its native ones don't: every arm is then measured by the same bounds, whichever of them has native
 * histograms as well.
 */
export const histogramSamples = (
  series: readonly Series[],
  groupBy: string,
  kind: 'latency' | 'drift',
): HistogramEvidence => {
  const byKey = new Map<string, Steps>();
  for (const [key, each] of seriesOfPart(series, groupBy, 'native')) {
    addNative(stepsOf(byKey, key), each, kind === 'latency');
  }
  for (const [key, { cumulative }] of cumulativeByKey(series, groupBy)) {
    const steps = stepsOf(byKey, key);
    for (const [at, counts] of cumulative) {
      const intervals = classicBuckets(counts);
      if (intervals !== undefined) steps.set(at, { form: 'classic', intervals });
    }
  }
  const keys = [...byKey].filter(([, steps]) => steps.size > 0);
  if (keys.length === 0) return { samples: [] };
  const common = boundsOf(keys);
  return {
    samples: keys.map(([key, steps]): NodeMinutes => ({
      key,
      minutes: [...steps]
        .toSorted(([a], [b]) => a - b)
        .map(([at, { intervals }]) => ({ at, buckets: rebucket(intervals, common.bounds) })),
    })),
    bounds: common.bounds,
    histograms: common.form,
    ...(common.differ !== undefined && { bucketsDiffer: common.differ }),
  };
};

const stepsOf = (byKey: Map<string, Steps>, key: string): Steps => {
  const steps: Steps = byKey.get(key) ?? new Map();
  byKey.set(key, steps);
  return steps;
};

const addNative = (steps: Steps, { histograms = [] }: Series, aboveZero: boolean): void => {
  const form = histograms.every(([, buckets]) => isExponential(buckets)) ? 'native' : 'classic';
  for (const [at, buckets] of histograms) {
    const intervals = nativeBuckets(buckets, aboveZero);
    if (intervals !== undefined) steps.set(at, { form, intervals });
  }
};

interface Cumulative {
  /** By the end of the step, then by le. */
  readonly cumulative: Map<number, Map<number, number>>;
}

const cumulativeByKey = (series: readonly Series[], groupBy: string): ReadonlyMap<string, Cumulative> => {
  const found = new Map<string, Cumulative>();
  for (const [key, { labels, points }] of seriesOfPart(series, groupBy, 'bucket')) {
    const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le'] ?? 'NaN');
    if (Number.isNaN(bound)) continue;
    const { cumulative } = found.get(key) ?? { cumulative: new Map() };
    found.set(key, { cumulative });
    for (const [at, count] of points) {
      const counts = cumulative.get(at);
      if (counts === undefined) cumulative.set(at, new Map([[bound, count]]));
      else counts.set(bound, count);
    }
  }
  return found;
};

const boundsOf = (keys: readonly (readonly [string, Steps])[]): CommonBounds => {
  const of = (form: Step['form'], steps: Steps): readonly (readonly Interval[])[] =>
    [...steps.values()].flatMap((step) => (step.form === form ? [step.intervals] : []));
  const all = (form: Step['form']): readonly (readonly Interval[])[] =>
    keys.flatMap(([, steps]) => of(form, steps));
  const declared = (form: Step['form']): ReadonlySet<number> =>
    new Set(all(form).flatMap((intervals) => intervals.flatMap(({ from, to }) => [from, to])));
  return commonBounds({
    classic: addedUp(all('classic')),
    native: addedUp(all('native')),
    declared: { classic: declared('classic'), native: declared('native') },
    byKey: (form) => keys.map(([key, steps]) => ({ key, intervals: addedUp(of(form, steps)) })),
  });
};
