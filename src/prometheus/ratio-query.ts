import { increaseOf, parseCounterSum } from './counter-sum.ts';
import type { Matcher } from './matcher.ts';
import { labelName } from './matcher.ts';
import type { Promql } from './promql.ts';

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
  const bad = parseCounterSum(selectors.bad, 'ratio.bad');
  if ('error' in bad) return bad;
  const total = parseCounterSum(selectors.total, 'ratio.total');
  if ('error' in total) return total;
  return { query: `${part('bad', bad, options)} or ${part('total', total, options)}` };
};

const part = (name: string, counters: readonly Promql[], options: RatioQueryOptions): string => {
  const sum = `sum by (${labelName(options.groupBy)}) (${increaseOf(counters, options)})`;
  return `label_replace(${sum}, "${PART_LABEL}", "${name}", "", "")`;
};
