import type { CounterOptions } from './counter-parts.ts';
import { counterQuery } from './counter-parts.ts';
import type { Promql } from './promql.ts';
import { parsePromql } from './promql.ts';

/**
 * One expression for the buckets of each judged pod, in whichever form there are any: the classic ones of
 * `NAME_bucket` by le, and the native ones of `NAME`, which come as one histogram.
 */
export const histogramQuery = (
  histogram: string,
  field: string,
  options: CounterOptions,
): { readonly query: string } | { readonly error: string } => {
  const native = histogramSelector(histogram, field);
  if ('error' in native) return native;
  const classic = suffixed(native, '_bucket', field);
  if ('error' in classic) return classic;
  const parts = [
    { name: 'bucket', counters: [classic], by: ['le'] },
    { name: 'native', counters: [native] },
  ];
  return { query: counterQuery(parts, options) };
};

/** What is there once for each scrape, in either form: `NAME_count` and `NAME`. */
export const scrapedSelectors = (
  histogram: string,
  field: string,
): readonly Promql[] | { readonly error: string } => {
  const native = histogramSelector(histogram, field);
  if ('error' in native) return native;
  const count = suffixed(native, '_count', field);
  return 'error' in count ? count : [count, native];
};

const histogramSelector = (text: string, field: string): Promql | { readonly error: string } => {
  const parsed = parsePromql(text, field);
  if ('error' in parsed) return parsed;
  const name = parsed.root.name === 'VectorSelector' ? nameIn(parsed) : undefined;
  if (name === undefined || /_(?:bucket|sum|count)$/u.test(name.text)) {
    return {
      error: `${field} must be the name of a histogram without _bucket, such as model_request_seconds`,
    };
  }
  return parsed;
};

/** The same selector of another of the histogram's series. */
const suffixed = (selector: Promql, suffix: string, field: string): ReturnType<typeof parsePromql> => {
  const end = nameIn(selector)?.end ?? selector.root.to;
  return parsePromql(selector.text.slice(0, end) + suffix + selector.text.slice(end), field);
};

const nameIn = ({ root, text }: Promql): { readonly text: string; readonly end: number } | undefined => {
  const name = root.getChild('Identifier');
  return name === null ? undefined : { text: text.slice(name.from, name.to), end: name.to };
};
