import type { HistogramForm } from '../../judge/evidence.ts';
import type { Interval, KeyIntervals } from './interval.ts';
import { edgesWithin } from './interval.ts';
import { oddOnes } from './odd-ones.ts';
import { rebucket } from './rebucket.ts';
import { thinned } from './thinned.ts';

/** All buckets that any pod has something in, with the counts of all. */
export interface PooledHistograms {
  readonly classic: readonly Interval[];
  readonly native: readonly Interval[];
  /** Bounds that exist, although nothing may have been observed beside them yet. */
  readonly declared: { readonly classic: Iterable<number>; readonly native: Iterable<number> };
  /** The same by pod, of one form; looked at only where it matters. */
  readonly byKey: (form: 'classic' | 'native') => Iterable<KeyIntervals>;
}

export interface CommonBounds {
  /** Finite, ascending. */
  readonly bounds: readonly number[];
  readonly form: HistogramForm;
  /** Set where too little is left of what the pods tell apart by themselves. */
  readonly differ?: string;
}

/** With more than this share in one bucket a histogram tells nothing of a shift. */
const BLIND_SHARE = 0.9;
const NAMED = 5;

/**
 * The bounds that all pods share, at most `most`: those that tell least apart are left out. A bound is lost where some
 * pod counted observations across it: it can't tell on which side they were. So native histograms come down to the
 * coarsest schema among them, and classic ones to the bounds that all have. Where some pods have classic buckets and
 * others only native ones, the classic bounds are taken and the native buckets, which are finer, are shared out
 * between them.
 */
export const commonBounds = (pooled: PooledHistograms, most = Infinity): CommonBounds => {
  const form = formOf(pooled);
  const exact = form === 'Native' ? 'native' : 'classic';
  const edges = edgesOf(pooled[exact], pooled.declared[exact]);
  const lost = new Set(pooled[exact].flatMap((interval) => edgesWithin(interval, edges)));
  const bounds = edges.filter((edge) => !lost.has(edge));
  const counts = rebucket([...pooled.classic, ...pooled.native], bounds);
  const differ = lost.size === 0 ? undefined : differing(pooled.byKey(exact), edges, lost, bounds);
  return {
    bounds: bounds.length <= most ? bounds : thinned(bounds, counts, most),
    form,
    ...(differ !== undefined && { differ }),
  };
};

const formOf = ({ classic, native, declared }: PooledHistograms): HistogramForm => {
  if (classic.length > 0) return native.length > 0 ? 'Mixed' : 'Classic';
  const [any] = declared.classic;
  return native.length === 0 && any !== undefined ? 'Classic' : 'Native';
};

/** All finite ends, ascending. */
const edgesOf = (intervals: readonly Interval[], declared: Iterable<number>): readonly number[] => {
  const edges = new Set(declared);
  for (const { from, to } of intervals) edges.add(from).add(to);
  return [...edges].filter((edge) => Number.isFinite(edge)).toSorted((a, b) => a - b);
};

/** Whether the lost bounds matter: the common ones see one bucket where the pods' own see several. */
const differing = (
  byKey: Iterable<KeyIntervals>,
  edges: readonly number[],
  lost: ReadonlySet<number>,
  bounds: readonly number[],
): string | undefined => {
  const pods = [...byKey].filter(({ intervals }) => intervals.length > 0);
  const counts = pods.reduce<readonly number[]>(
    (sums, { intervals }) => rebucket(intervals, bounds).map((count, index) => count + (sums[index] ?? 0)),
    [],
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  const common = Math.max(...counts) / total;
  const own =
    pods.reduce((sum, { intervals }) => sum + Math.max(...intervals.map(({ count }) => count)), 0) / total;
  if (common <= BLIND_SHARE || own > common - (1 - BLIND_SHARE)) return undefined;
  const odd = oddOnes(pods, edges, lost);
  const names =
    odd.slice(0, NAMED).join(', ') + (odd.length > NAMED ? ` and ${odd.length - NAMED} more` : '');
  return `the histograms of ${names} have other bounds than the rest, and the bounds that all share put ${(100 * common).toFixed(0)} % of the observations into one bucket: give all builds the same buckets`;
};
