import type { Series, Track, Values } from '../../judge/trial/trial.ts';
import type { BucketReader } from './bucket-reader.ts';
import { BucketRow } from './bucket-row.ts';
import { CountRow } from './count-row.ts';
import type { JudgedNode } from './judged-node.ts';
import type { MetricStore } from './metric-store.ts';
import type { Row } from './row.ts';
import type { StretchName } from './time-axis.ts';
import { COARSE_WIDTH, stepOfColumn } from './time-axis.ts';

/** A node's older past: one entry for each coarse step that has a sample of any metric. */
export interface CoarseTrack {
  /** The node. */
  readonly name: string;
  /** The step with which each coarse step begins; all are before those of the node's Track. */
  readonly minutes: readonly number[];
  /** Steps that each is wide; its counts are those of all of them. */
  readonly width: typeof COARSE_WIDTH;
  readonly series: Readonly<Record<string, Series>>;
}

/** A metric's store, and what puts its buckets between the bounds that they are given out in. */
export interface ReadableMetric {
  readonly name: string;
  readonly store: MetricStore;
  readonly buckets: BucketReader;
}

/** The label values of one node: of its past, and those that its pods had in the window, one after the other. */
export interface NodeKeys {
  readonly past: string;
  readonly present: readonly string[];
}

/** The node's samples of the window and of the fine steps before it; steps in which no metric has any are left out. */
export const trackOf = (node: JudgedNode, keys: NodeKeys, metrics: readonly ReadableMetric[]): Track => {
  const past = stretchOf('history', [keys.past], metrics);
  const present = stretchOf('window', keys.present, metrics);
  return {
    name: node.node,
    cohort: node.cohort,
    candidate: node.candidate,
    minutes: [...past.steps, ...present.steps],
    arrived: [...arrivals(past), ...arrivals(present)],
    series: seriesOf([past, present], metrics),
  };
};

export const coarseTrackOf = (
  node: JudgedNode,
  keys: NodeKeys,
  metrics: readonly ReadableMetric[],
): CoarseTrack => {
  const past = stretchOf('coarse', [keys.past], metrics);
  return { name: node.node, minutes: past.steps, width: COARSE_WIDTH, series: seriesOf([past], metrics) };
};

/** A node's rows in one stretch of time, and the columns in which any of them has a sample. */
interface NodeStretch {
  /** For each metric those of the node's label values. */
  readonly rows: readonly (readonly Row[])[];
  readonly columns: readonly number[];
  /** The step with which each column begins. */
  readonly steps: readonly number[];
}

const stretchOf = (
  stretch: StretchName,
  keys: readonly string[],
  metrics: readonly ReadableMetric[],
): NodeStretch => {
  const rows = metrics.map(({ store }) => keys.flatMap((key) => store.row(stretch, key) ?? []));
  const all = rows.flat();
  const [any] = metrics;
  const columns: number[] = [];
  if (any === undefined) return { rows, columns, steps: [] };
  const end = all.reduce((most, { asked }) => Math.max(most, asked), 0);
  for (let column = 0; column < end; column++) {
    if (all.some((row) => row.has(column))) columns.push(column);
  }
  const { axis } = any.store;
  return { rows, columns, steps: columns.map((column) => stepOfColumn(axis, stretch, column)) };
};

/** A step is complete when the last of its metrics came. */
const arrivals = ({ rows, columns }: NodeStretch): readonly number[] => {
  const all = rows.flat();
  return columns.map((column) =>
    all.reduce((last, row) => (row.has(column) ? Math.max(last, row.arrived(column)) : last), -Infinity),
  );
};

const seriesOf = (
  stretches: readonly NodeStretch[],
  metrics: readonly ReadableMetric[],
): Readonly<Record<string, Series>> =>
  Object.fromEntries(
    metrics.map((metric, index) => {
      const parts = stretches.map(({ rows, columns }) => ({ rows: rows[index] ?? [], columns }));
      return [metric.name, metricSeries(parts, metric)] as const;
    }),
  );

interface Part {
  readonly rows: readonly Row[];
  readonly columns: readonly number[];
}

const metricSeries = (parts: readonly Part[], { store, buckets }: ReadableMetric): Series => {
  const { query } = store;
  if ('histogram' in query) {
    return {
      buckets: parts.flatMap(({ rows, columns }) => {
        const own = rows.filter((row) => row instanceof BucketRow);
        return columns.map((column) => buckets.read(own, column));
      }),
    };
  }
  const counts = values(parts, (row, column) => row.count(column));
  const sums = values(parts, (row, column) => row.value(column));
  return query.kind === 'ratio' ? { total: counts, bad: sums } : { sum: sums, count: counts };
};

/** A node whose pod was made anew under another name within a step has counts of both. */
const values = (parts: readonly Part[], read: (row: CountRow, column: number) => number): Values => {
  const found: (number | null)[] = [];
  for (const { rows, columns } of parts) {
    const own = rows.filter((row) => row instanceof CountRow);
    for (const column of columns) {
      let sum: number | null = null;
      for (const row of own) if (row.has(column)) sum = (sum ?? 0) + read(row, column);
      found.push(sum);
    }
  }
  return found;
};
