import type { CounterOptions } from './counter-parts.ts';
import { counterQuery } from './counter-parts.ts';
import { parseCounterSum } from './counter-sum.ts';

export interface MeanSelectors {
  readonly sum: string;
  readonly count: string;
}

/** One expression for the sum and the number of observations of each judged pod. */
export const meanQuery = (
  selectors: MeanSelectors,
  options: CounterOptions,
): { readonly query: string } | { readonly error: string } => {
  const sum = parseCounterSum(selectors.sum, 'mean.sum');
  if ('error' in sum) return sum;
  const count = parseCounterSum(selectors.count, 'mean.count');
  if ('error' in count) return count;
  const parts = [
    { name: 'sum', counters: sum },
    { name: 'count', counters: count },
  ];
  return { query: counterQuery(parts, options) };
};
