import { increaseOf } from './counter-sum.ts';
import type { Matcher } from './matcher.ts';
import { labelName } from './matcher.ts';
import type { Promql } from './promql.ts';

/** Label that says which part of a query a series of the answer is, such as "bad" or "total". */
export const PART_LABEL = 'outrigger_part';

export interface CounterOptions {
  readonly groupBy: string;
  readonly matchers: readonly Matcher[];
  /** ms. */
  readonly resolution: number;
}

export interface CounterPart {
  readonly name: string;
  /** Added up. */
  readonly counters: readonly Promql[];
  /** Labels beside groupBy by which the part's series are kept apart. */
  readonly by?: readonly string[];
}

/**
 * One expression for the increases of several counters of each judged pod:
 * `label_replace(sum by (pod) (increase(bad[1m])), "outrigger_part", "bad", "", "") or label_replace(…)`.
 */
export const counterQuery = (parts: readonly CounterPart[], options: CounterOptions): string =>
  parts
    .map(({ name, counters, by = [] }) => {
      const labels = [options.groupBy, ...by].map(labelName).join(', ');
      const sum = `sum by (${labels}) (${increaseOf(counters, options)})`;
      return `label_replace(${sum}, "${PART_LABEL}", "${name}", "", "")`;
    })
    .join(' or ');
