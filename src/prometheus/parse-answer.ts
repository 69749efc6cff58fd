import { z } from 'zod';
import type { NativeBucket, QueryResult, Series } from './query-result.ts';
import { unavailable } from './query-result.ts';
import type { UnavailableReason } from '../judge/evidence.ts';

const Point = z.tuple([z.number(), z.string()]);
/** [which ends belong to it, lower bound, upper bound, count]; empty buckets are left out. */
const Bucket = z.tuple([z.number(), z.string(), z.string(), z.string()]);
const HistogramPoint = z.tuple([z.number(), z.object({ buckets: z.array(Bucket).optional() })]);
const Entry = z.object({
  metric: z.record(z.string(), z.string()),
  value: Point.optional(),
  values: z.array(Point).optional(),
  // A vector's native histograms (`histogram`) are asked for by nobody.
  histograms: z.array(HistogramPoint).optional(),
});
const Answer = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.enum(['matrix', 'vector']), result: z.array(Entry) }),
  // Warnings say that the answer is incomplete or mixed; `infos` are advice on style and are left out.
  warnings: z.array(z.string()).nullish(),
});
const Refusal = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });

/** How Prometheus's own query engine begins a warning; those of stores behind Thanos begin otherwise. */
const ENGINE_WARNING = 'PromQL warning: ';

/**
 * Reads an answer of Prometheus's HTTP API (query and query_range), whatever its status and form. The engine warns
 * where it leaves a step of a series out, as with histograms whose kind changes within it; with `mayLeaveOut` that
 * is an absence like any other.
 */
export const parseAnswer = (
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
  { mayLeaveOut = false }: { readonly mayLeaveOut?: boolean } = {},
): QueryResult => {
  const json = parseJson(body);
  if (status === 200) {
    const answer = Answer.safeParse(json);
    if (!answer.success)
      return unavailable('ResponseUnreadable', unreadable(headers, body, json, answer.error));
    const warning = (answer.data.warnings ?? []).find(
      (text) => !mayLeaveOut || !text.startsWith(ENGINE_WARNING),
    );
    if (warning !== undefined) {
      return unavailable(
        'ResponsePartial',
        `Prometheus answered with a warning, so its answer may be incomplete: ${shorten(warning)}`,
      );
    }
    return { kind: 'series', series: answer.data.data.result.map(series) };
  }
  const refusal = Refusal.safeParse(json);
  const words = refusal.success ? `${refusal.data.errorType}: ${refusal.data.error}` : undefined;
  return unavailable(reasonOf(status, refusal.data?.errorType), sentence(status, headers, words));
};

const series = (entry: z.infer<typeof Entry>): Series => ({
  labels: entry.metric,
  points: (entry.values ?? (entry.value === undefined ? [] : [entry.value])).map(([seconds, text]) => [
    Math.round(seconds * 1000),
    parseValue(text),
  ]),
  ...(entry.histograms !== undefined && { histograms: entry.histograms.map(histogram) }),
});

const histogram = ([seconds, { buckets = [] }]: z.infer<typeof HistogramPoint>): readonly [
  number,
  readonly NativeBucket[],
] => [
  Math.round(seconds * 1000),
  buckets.map(([, from, to, count]) => ({
    from: parseValue(from),
    to: parseValue(to),
    count: parseValue(count),
  })),
];

const parseValue = (text: string): number => {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  return text === '' ? Number.NaN : Number(text);
};

const parseJson = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};

const reasonOf = (status: number, errorType: string | undefined): UnavailableReason => {
  if (status === 401 || status === 403 || status === 407) return 'CredentialsRefused';
  if (status === 408 || status === 504 || errorType === 'timeout') return 'QueryTimeout';
  if (status === 429 || status >= 500) return 'PrometheusUnreachable';
  if (status === 413) return 'ResponseTooLarge';
  return status >= 300 && status < 500 ? 'QueryRefused' : 'ResponseUnreadable';
};

const sentence = (
  status: number,
  headers: Readonly<Record<string, string>>,
  words: string | undefined,
): string => {
  if (words !== undefined) return `Prometheus answered ${status}: ${shorten(words)}`;
  if (status >= 300 && status < 400) {
    const target = headers['location'] === undefined ? 'another address' : shorten(headers['location']);
    return `the server answered ${status} and points to ${target}; redirects are not followed, so that credentials go nowhere else: write the final address`;
  }
  if (status === 404)
    return 'the server answered 404: is the address that of Prometheus, with its path prefix?';
  return `the server answered ${status} without Prometheus's own words`;
};

const unreadable = (
  headers: Readonly<Record<string, string>>,
  body: string,
  json: unknown,
  error: z.ZodError,
): string => {
  if (json !== undefined) {
    const [issue] = error.issues;
    return `the answer is JSON of another form than Prometheus's: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
  }
  const type = headers['content-type'] ?? 'no content type';
  return `the answer is no JSON (${type}, ${body.length} characters): is a proxy or a login page in between?`;
};

/** A server's own words, bounded, on one line. */
const shorten = (text: string): string => {
  const line = text.replaceAll(/\s+/gu, ' ').trim();
  return line.length <= 300 ? line : `${line.slice(0, 299)}…`;
};
