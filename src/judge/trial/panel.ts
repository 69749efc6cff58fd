import type { Series, Track, Trial, TrialMetric } from './trial.ts';

/** A node of a panel, sorted by cohort and name, so that no order of the input can matter. */
export interface PanelNode {
  readonly name: string;
  /** Index into the panel's cohorts. */
  readonly cohort: number;
  readonly candidate: boolean;
}

/** Samples of all nodes, node after node, a column for each minute; what is missing is NaN. */
export interface Panel {
  readonly cohorts: readonly string[];
  readonly nodes: readonly PanelNode[];
  /** Minute of the first column, at most 0. */
  readonly first: number;
  /** Columns of a node. */
  readonly width: number;
  /** Minute at which a sample could be seen; Infinity: never. */
  readonly arrived: Float64Array;
  /** By the metric's name. */
  readonly metrics: ReadonlyMap<string, Cells>;
  /** Whether a cohort is measured by a metric: a track without the metric's series is not. */
  readonly measured: (metric: string, cohort: number) => boolean;
}

/** Requests, and bad ones among them. */
export interface CountCells {
  readonly kind: 'counts';
  readonly total: Float64Array;
  readonly bad: Float64Array;
}

/** Observations, and the mean of their values (of their logarithms for a latency). */
export interface LevelCells {
  readonly kind: 'levels';
  readonly n: Float64Array;
  readonly level: Float64Array;
}

/** Observations in each of `bins` buckets, bucket after bucket within a minute, and their sum. */
export interface ShapeCells {
  readonly kind: 'shapes';
  readonly bins: number;
  readonly n: Float64Array;
  readonly counts: Float64Array;
}

export type Cells = CountCells | LevelCells | ShapeCells;

/** Whether each cohort has candidates and no control. */
export const uncontrolled = ({ cohorts, nodes }: Panel): readonly boolean[] => {
  const controlled = new Set(nodes.filter(({ candidate }) => !candidate).map(({ cohort }) => cohort));
  return cohorts.map((_, cohort) => !controlled.has(cohort));
};

/** Bounds that Prometheus's client libraries use where none are named, seconds. */
export const DEFAULT_BOUNDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Lays the tracks of a trial out by node and minute. */
export const panelOf = (trial: Pick<Trial, 'nodes' | 'metrics'>): Panel => {
  const work = layOut(trial);
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value;
};

/** Nodes that are laid out between two pauses. */
const BATCH = 64;

/**
 * The same, with pauses.
 * @param since minute before which nothing is laid out
 */
export function* layOut(
  { nodes: tracks, metrics }: Pick<Trial, 'nodes' | 'metrics'>,
  since = -Infinity,
): Generator<void, Panel> {
  const cohorts = [...new Set(tracks.map(({ cohort }) => cohort))].toSorted();
  const index = new Map(cohorts.map((name, at) => [name, at]));
  const sorted = tracks.toSorted((a, b) => compare(a.cohort, b.cohort) || compare(a.name, b.name));
  let first = 0;
  let last = -1;
  for (const { minutes } of sorted) {
    for (const minute of minutes) {
      if (minute < first && minute >= since) first = minute;
      if (minute > last) last = minute;
    }
  }
  const width = last - first + 1;
  const size = sorted.length * width;
  const sources: Int32Array[] = [];
  const arrived = new Float64Array(size).fill(Infinity);
  for (const [node, track] of sorted.entries()) {
    const source = sourceOf(track, first, width);
    sources.push(source);
    for (let column = 0; column < width; column += 1) {
      const at = source[column] ?? -1;
      if (at >= 0) arrived[node * width + column] = arrival(track, at);
    }
    if (node % BATCH === BATCH - 1) yield;
  }
  const layout: Layout = { first, width, size, sources };
  const cells = new Map<string, Cells>();
  for (const metric of metrics) cells.set(metric.name, yield* cellsOf(metric, sorted, layout));
  return {
    cohorts,
    nodes: sorted.map(({ name, cohort, candidate }) => ({ name, cohort: index.get(cohort) ?? 0, candidate })),
    first,
    width,
    arrived,
    metrics: cells,
    measured: (metric, cohort) =>
      sorted.some((track) => index.get(track.cohort) === cohort && track.series[metric] !== undefined),
  };
}

interface Layout {
  readonly first: number;
  readonly width: number;
  readonly size: number;
  /** For each node: the index of the sample of each column, or -1. */
  readonly sources: readonly Int32Array[];
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const arrival = ({ minutes, arrived }: Track, at: number): number => {
  if (arrived === null) return Infinity;
  if (arrived === undefined) return minutes[at] ?? Infinity;
  return arrived[at] ?? Infinity;
};

/** Of several samples for one minute the one that arrived last counts; of equals the one with the most in it. */
const sourceOf = (track: Track, first: number, width: number): Int32Array => {
  const source = new Int32Array(width).fill(-1);
  const weight = (at: number): number => {
    let sum = 0;
    for (const series of Object.values(track.series)) sum += weightOf(series, at);
    return sum;
  };
  for (const [at, minute] of track.minutes.entries()) {
    const column = minute - first;
    if (column < 0) continue;
    const other = source[column] ?? -1;
    if (other >= 0) {
      const [mine, its] = [arrival(track, at), arrival(track, other)];
      // One that never arrived replaces nothing.
      if (mine === Infinity || (its !== Infinity && mine < its)) continue;
      if (mine === its && weight(at) <= weight(other)) continue;
    }
    source[column] = at;
  }
  return source;
};

const weightOf = (series: Series, at: number): number => {
  if ('total' in series) return (series.total[at] ?? 0) + (series.bad[at] ?? 0) / 1e6;
  if ('buckets' in series) return sumOf(series.buckets[at] ?? []);
  return (series.count[at] ?? 0) + Math.abs(series.sum[at] ?? 0) / 1e9;
};

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function* cellsOf(metric: TrialMetric, tracks: readonly Track[], layout: Layout): Generator<void, Cells> {
  switch (metric.kind) {
    case 'ratio':
      return yield* countCells(metric, tracks, layout);
    case 'latency':
      return metric.slowerThan === undefined
        ? yield* latencyCells(metric, tracks, layout)
        : yield* slowCells(metric, metric.slowerThan, tracks, layout);
    case 'mean':
      return yield* meanCells(metric, tracks, layout);
    case 'drift':
      return yield* shapeCells(metric, tracks, layout);
  }
}

/** Calls back for each sample that there is, with its cell. */
function* each(
  { name }: TrialMetric,
  tracks: readonly Track[],
  { width, sources }: Layout,
  then: (series: Series, at: number, cell: number) => void,
): Generator<void, void> {
  for (const [node, { series }] of tracks.entries()) {
    const own = series[name];
    if (own === undefined) continue;
    const source = sources[node] ?? new Int32Array(0);
    for (let column = 0; column < width; column += 1) {
      const at = source[column] ?? -1;
      if (at >= 0) then(own, at, node * width + column);
    }
    if (node % BATCH === BATCH - 1) yield;
  }
}

/** A count that is none (negative, not finite) is a missing sample. */
const count = (value: number | null | undefined): number =>
  value !== null && value !== undefined && value >= 0 && value < Infinity ? value : NaN;

function* countCells(
  metric: TrialMetric,
  tracks: readonly Track[],
  layout: Layout,
): Generator<void, CountCells> {
  const total = missing(layout.size);
  const bad = missing(layout.size);
  yield* each(metric, tracks, layout, (series, at, cell) => {
    if (!('total' in series)) return;
    const [all, some] = [count(series.total[at]), count(series.bad[at])];
    if (Number.isNaN(all) || Number.isNaN(some)) return;
    total[cell] = all;
    bad[cell] = some;
  });
  return { kind: 'counts', total, bad };
}

/** Observations above the bucket bound that is nearest to `slowerThan` from below, as bad ones. */
function* slowCells(
  metric: TrialMetric,
  slowerThan: number,
  tracks: readonly Track[],
  layout: Layout,
): Generator<void, CountCells> {
  const bounds = metric.bounds ?? DEFAULT_BOUNDS;
  const from = bounds.filter((bound) => bound <= slowerThan * (1 + 1e-9)).length;
  const total = missing(layout.size);
  const bad = missing(layout.size);
  yield* each(metric, tracks, layout, (series, at, cell) => {
    const buckets = bucketsAt(series, at);
    if (buckets === undefined) return;
    total[cell] = sumOf(buckets);
    bad[cell] = sumOf(buckets.slice(from));
  });
  return { kind: 'counts', total, bad };
}

function* latencyCells(
  metric: TrialMetric,
  tracks: readonly Track[],
  layout: Layout,
): Generator<void, LevelCells> {
  const mids = logMidpoints(metric.bounds ?? DEFAULT_BOUNDS);
  const n = missing(layout.size);
  const level = missing(layout.size);
  yield* each(metric, tracks, layout, (series, at, cell) => {
    const buckets = bucketsAt(series, at);
    if (buckets === undefined) return;
    let observations = 0;
    let sum = 0;
    for (const [bucket, value] of buckets.entries()) {
      observations += value;
      sum += value * (mids[Math.min(bucket, mids.length - 1)] ?? 0);
    }
    n[cell] = observations;
    if (observations > 0) level[cell] = sum / observations;
  });
  return { kind: 'levels', n, level };
}

function* meanCells(
  metric: TrialMetric,
  tracks: readonly Track[],
  layout: Layout,
): Generator<void, LevelCells> {
  const n = missing(layout.size);
  const level = missing(layout.size);
  yield* each(metric, tracks, layout, (series, at, cell) => {
    if (!('sum' in series)) return;
    const observations = count(series.count[at]);
    const sum = series.sum[at] ?? NaN;
    if (Number.isNaN(observations) || !Number.isFinite(sum)) return;
    n[cell] = observations;
    if (observations > 0) level[cell] = sum / observations;
  });
  return { kind: 'levels', n, level };
}

function* shapeCells(
  metric: TrialMetric,
  tracks: readonly Track[],
  layout: Layout,
): Generator<void, ShapeCells> {
  let bins = metric.bounds === undefined ? 0 : metric.bounds.length + 1;
  for (const { series } of tracks) {
    const own = series[metric.name];
    if (bins === 0 && own !== undefined && 'buckets' in own) {
      bins = own.buckets.find((buckets) => buckets !== null)?.length ?? 0;
    }
  }
  const n = missing(layout.size);
  const counts = new Float64Array(layout.size * bins);
  yield* each(metric, tracks, layout, (series, at, cell) => {
    const buckets = bucketsAt(series, at);
    if (buckets?.length !== bins) return;
    n[cell] = sumOf(buckets);
    counts.set(buckets, cell * bins);
  });
  return { kind: 'shapes', bins, n, counts };
}

const bucketsAt = (series: Series, at: number): readonly number[] | undefined => {
  if (!('buckets' in series)) return undefined;
  const buckets = series.buckets[at];
  return buckets?.every((value) => !Number.isNaN(count(value))) === true ? buckets : undefined;
};

/**
 * Logarithm of the middle of each bucket: the geometric mean of its bounds, the lowest one's bound over the root of
 * 2, one and a half times the highest bound above it.
 */
const logMidpoints = (bounds: readonly number[]): readonly number[] => {
  const above = bounds.filter((bound) => bound > 0);
  const lowest = Math.log((above[0] ?? 1) / Math.SQRT2);
  const mids = bounds.map((bound, at) => {
    const below = bounds[at - 1] ?? 0;
    return bound <= 0 || below <= 0 ? lowest : Math.log(Math.sqrt(bound * below));
  });
  return [...mids, Math.log((bounds.at(-1) ?? 1) * 1.5)];
};

const missing = (size: number): Float64Array => new Float64Array(size).fill(NaN);
