import type { MinuteSample } from '../../judge/evidence.ts';
import type { AnswerBuckets } from './bound-ids.ts';

/**
 * The samples of one label value in one stretch of time, by column. Of two samples for one column the one that has
 * seen more stays, so the order in which answers come, and how often, makes no difference.
 */
export interface Row {
  /** Columns that were asked for so far. */
  asked: number;
  /** Columns that are there. */
  readonly present: number;
  has(column: number): boolean;
  /** Step at whose beginning the sample could be seen. */
  arrived(column: number): number;
  /** Whether the sample changed anything. A sample that is none (NaN, negative counts) changes nothing. */
  merge(column: number, sample: MinuteSample, arrived: number, buckets: AnswerBuckets | undefined): boolean;
}

/** The first column below `asked` that is missing; `asked` where none is. */
export const firstMissing = (row: Row): number => {
  let column = 0;
  while (column < row.asked && row.has(column)) column += 1;
  return column;
};

/** One more than the last column below `asked` that is missing; 0 where none is. */
export const missingEnd = (row: Row): number => {
  let column = row.asked;
  while (column > 0 && row.has(column - 1)) column -= 1;
  return column;
};
