import { compile } from './promql/compile.ts';
import { durationLiteral } from './promql/literal.ts';
import { type Labels, signature } from './promql/labels.ts';
import { type Evaluate, PromqlError, type Sample, type Value } from './promql/value.ts';
import type { SeriesStore } from './series-store.ts';

export interface QueryAnswer {
  readonly status: number;
  /** JSON. */
  readonly body: string;
}

const MAX_POINTS = 11_000;

/** `/api/v1/query` and `/api/v1/query_range` of Prometheus's HTTP API. `now` in ms. */
export function answerQuery(
  store: SeriesStore,
  path: string,
  fields: URLSearchParams,
  now: number,
): QueryAnswer {
  try {
    const evaluate = compile(fields.get('query') ?? '', store);
    if (path.endsWith('/api/v1/query')) return success(instant(evaluate, timeField(fields, 'time') ?? now));
    if (path.endsWith('/api/v1/query_range')) return success(range(evaluate, fields));
    return { status: 404, body: '404 page not found\n' };
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    const status = error.kind === 'bad_data' ? 400 : 422;
    return { status, body: JSON.stringify({ status: 'error', errorType: error.kind, error: error.message }) };
  }
}

function success(data: unknown): QueryAnswer {
  return { status: 200, body: JSON.stringify({ status: 'success', data }) };
}

function instant(evaluate: Evaluate, time: number): unknown {
  const value = evaluate(time);
  if (value.kind === 'scalar') return { resultType: 'scalar', result: point(time, value.value) };
  const result = value.samples.map((sample) => ({ metric: sample.labels, value: point(time, sample.value) }));
  return { resultType: 'vector', result };
}

function range(evaluate: Evaluate, fields: URLSearchParams): unknown {
  const [start, end] = [timeField(fields, 'start'), timeField(fields, 'end')];
  const step = durationLiteral(fields.get('step') ?? '');
  if (start === undefined || end === undefined) throw new PromqlError('bad_data', 'start and end are needed');
  if (end < start)
    throw new PromqlError('bad_data', 'invalid parameter "end": end timestamp must not be before start time');
  if (step <= 0)
    throw new PromqlError(
      'bad_data',
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  if ((end - start) / step > MAX_POINTS) {
    throw new PromqlError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  const rows = new Map<string, { readonly metric: Labels; readonly values: Point[] }>();
  for (let time = start; time <= end; time += step) {
    for (const { labels, value } of samplesOf(evaluate(time))) {
      const key = signature(labels);
      const row = rows.get(key) ?? { metric: labels, values: [] };
      rows.set(key, row);
      row.values.push(point(time, value));
    }
  }
  const result = [...rows.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  return { resultType: 'matrix', result };
}

type Point = readonly [number, string];

function point(time: number, value: number): Point {
  return [time / 1_000, numberText(value)];
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function samplesOf(value: Value): readonly Sample[] {
  return value.kind === 'scalar' ? [{ labels: {}, value: value.value }] : value.samples;
}

/** Ms; seconds since the epoch, or RFC 3339, in the request. */
function timeField(fields: URLSearchParams, name: string): number | undefined {
  const text = fields.get(name);
  if (text === null || text === '') return undefined;
  const ms = /^[\d.]+$/.test(text) ? Math.round(Number(text) * 1_000) : Date.parse(text);
  if (Number.isNaN(ms))
    throw new PromqlError(
      'bad_data',
      `invalid parameter "${name}": cannot parse "${text}" to a valid timestamp`,
    );
  return ms;
}
