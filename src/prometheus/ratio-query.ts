import type { CounterOptions } from './counter-parts.ts';
import { counterQuery } from './counter-parts.ts';
import { parseCounterSum } from './counter-sum.ts';

export interface RatioSelectors {
  readonly bad: string;
  readonly total: string;
}

/** One expression for both counts of each judged pod. */
export const ratioQuery = (
  selectors: RatioSelectors,
  options: CounterOptions,
): { readonly query: string } | { readonly error: string } => {
  const bad = parseCounterSum(selectors.bad, 'ratio.bad');
  if ('error' in bad) return bad;
  const total = parseCounterSum(selectors.total, 'ratio.total');
  if ('error' in total) return total;
  const parts = [
    { name: 'bad', counters: bad },
    { name: 'total', counters: total },
  ];
  return { query: counterQuery(parts, options) };
};
