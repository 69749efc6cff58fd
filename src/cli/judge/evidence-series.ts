import type { Series, TrialKind, TrialMetric, Values } from '../../judge/trial/trial.ts';
import type { ErrorList } from './error-list.ts';

type Path = readonly PropertyKey[];

/** What a series of each kind is made of. */
const PARTS = {
  ratio: ['total', 'bad'],
  latency: ['buckets'],
  drift: ['buckets'],
  mean: ['sum', 'count'],
} as const satisfies Record<TrialKind, readonly string[]>;

/** A node's series by the metric's name; one that is null, or not there, is a metric that the node lacks. */
export function readSeries(
  raw: Readonly<Record<string, unknown>>,
  metrics: ReadonlyMap<string, TrialMetric>,
  length: number,
  path: Path,
  found: ErrorList,
): Readonly<Record<string, Series>> {
  const series: Record<string, Series> = {};
  for (const [name, value] of Object.entries(raw)) {
    const metric = metrics.get(name);
    if (metric === undefined) {
      found.add(
        [...path, name],
        `there is no metric of this name; there are ${[...metrics.keys()].join(', ')}`,
      );
      continue;
    }
    if (value === null) continue;
    const read = readOne(value, metric, { length, path: [...path, name], found });
    if (read !== undefined) series[name] = read;
  }
  return series;
}

interface Place {
  /** Entries that minutes has. */
  readonly length: number;
  readonly path: Path;
  readonly found: ErrorList;
}

function readOne(value: unknown, metric: TrialMetric, place: Place): Series | undefined {
  const { path, found } = place;
  const parts: readonly string[] = PARTS[metric.kind];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    found.add(path, `must be an object with ${parts.join(' and ')}`);
    return undefined;
  }
  const missing = parts.filter((part) => !Array.isArray(Reflect.get(value, part)));
  if (missing.length > 0) {
    const given = Object.keys(value).join(' and ') || 'nothing';
    found.add(
      path,
      `is of a ${metric.kind} and needs ${parts.join(' and ')}, each an array; it has ${given}`,
    );
    return undefined;
  }
  const column = (part: string, signed = false): Values =>
    readValues(Reflect.get(value, part), signed, { ...place, path: [...path, part] });
  switch (metric.kind) {
    case 'ratio':
      return { total: column('total'), bad: column('bad') };
    case 'mean':
      return { sum: column('sum', true), count: column('count') };
    default: {
      const width = (metric.bounds?.length ?? 0) + 1;
      return {
        buckets: readBuckets(Reflect.get(value, 'buckets'), width, { ...place, path: [...path, 'buckets'] }),
      };
    }
  }
}

function sameLength(list: readonly unknown[], { length, path, found }: Place): void {
  if (list.length !== length) found.add(path, `has ${list.length} entries, and minutes has ${length}`);
}

function readValues(list: readonly (number | null)[], signed: boolean, place: Place): Values {
  sameLength(list, place);
  for (let index = 0; index < list.length; index += 1) {
    const value: unknown = list[index];
    if (value === null) continue;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      place.found.add(
        [...place.path, index],
        `must be a number, or null for a missing sample${notNaN(value)}`,
      );
    } else if (value < 0 && !signed) {
      place.found.add([...place.path, index], NEGATIVE);
    }
  }
  return list;
}

function readBuckets(
  list: readonly (readonly number[] | null)[],
  width: number,
  place: Place,
): readonly (readonly number[] | null)[] {
  sameLength(list, place);
  const holes = new Set<number>();
  for (let index = 0; index < list.length; index += 1) {
    const row: unknown = list[index];
    if (row === null) continue;
    if (!Array.isArray(row)) {
      place.found.add([...place.path, index], 'must be an array of buckets, or null for a missing sample');
    } else if (row.length !== width) {
      place.found.add(
        [...place.path, index],
        `has ${row.length} buckets and needs ${width}: one for each of the ${width - 1} bounds, and one above them`,
      );
    } else if (readRow(row, index, place)) {
      holes.add(index);
    }
  }
  // A histogram of which a part is missing is missing.
  return holes.size > 0 ? list.map((row, index) => (holes.has(index) ? null : row)) : list;
}

/** Whether the row has a hole. */
function readRow(row: readonly unknown[], index: number, { path, found }: Place): boolean {
  let hole = false;
  for (let bucket = 0; bucket < row.length; bucket += 1) {
    const count = row[bucket];
    if (count === null) hole = true;
    else if (typeof count !== 'number' || !Number.isFinite(count)) {
      found.add([...path, index, bucket], `must be a number${notNaN(count)}`);
    } else if (count < 0) found.add([...path, index, bucket], NEGATIVE);
  }
  return hole;
}

const NEGATIVE =
  'is negative: write the increment of each minute, of a counter that began again what it has counted since';

const notNaN = (value: unknown): string =>
  typeof value === 'string' && /^nan$/i.test(value) ? '; for NaN write null' : '';
