import { injectMatchers } from './inject-matchers.ts';
import type { Matcher } from './matcher.ts';
import { labelName } from './matcher.ts';
import { promqlDuration } from './promql-duration.ts';
import type { Promql } from './promql.ts';
import { parsePromql } from './promql.ts';

/** Label that says which part of a ratio a series of the answer is: "bad" or "total". */
export const PART_LABEL = 'outrigger_part';

export interface RatioSelectors {
  readonly bad: string;
  readonly total: string;
}

export interface RatioQueryOptions {
  readonly groupBy: string;
  readonly matchers: readonly Matcher[];
  /** ms. */
  readonly resolution: number;
}

/**
 * One expression for both counts of each judged pod:
 * `label_replace(sum by (pod) (increase(bad[1m])), …) or label_replace(sum by (pod) (increase(total[1m])), …)`.
 */
export const ratioQuery = (
  selectors: RatioSelectors,
  options: RatioQueryOptions,
): { readonly query: string } | { readonly error: string } => {
  const bad = counterSelector(selectors.bad, 'ratio.bad');
  if ('error' in bad) return bad;
  const total = counterSelector(selectors.total, 'ratio.total');
  if ('error' in total) return total;
  return { query: `${part('bad', bad, options)} or ${part('total', total, options)}` };
};

const part = (name: string, selector: Promql, options: RatioQueryOptions): string => {
  const counter = `${injectMatchers(selector, options.matchers)}[${promqlDuration(options.resolution)}]`;
  const sum = `sum by (${labelName(options.groupBy)}) (increase(${counter}))`;
  return `label_replace(${sum}, "${PART_LABEL}", "${name}", "", "")`;
};

const counterSelector = (text: string, field: string): Promql | { readonly error: string } => {
  const parsed = parsePromql(text, field);
  if ('error' in parsed || parsed.root.name === 'VectorSelector') return parsed;
  return {
    error: `${field} must be the selector of a counter, such as requests_total{code=~"5.."}: Outrigger adds increase, sum and the pods itself`,
  };
};
