import type { MinuteSample } from './evidence.ts';
import { stepOf } from './node-series.ts';
import type { QueryRule } from './rule.ts';
import type { Window } from './window.ts';
import { expectedSamples } from './window.ts';

/** How one node stands to the bounds of a query. */
export interface BoundSeries {
  /** Steps with at least one number. */
  readonly present: number;
  readonly newest: number | undefined;
  /** The bound was broken for as long as the rule says, without a pause. */
  readonly broken: boolean;
  /** The value farthest beyond a bound, or nearest to one. */
  readonly worst: number | undefined;
}

/** Steps without a sample that don't end a stretch of broken ones, nor add to it: a lost scrape heals nothing. */
const TOLERATED_GAP = 3;

export const boundSeries = (
  samples: readonly MinuteSample[],
  rule: QueryRule,
  window: Window,
): BoundSeries => {
  const values = valuesByStep(samples, window);
  const needed = Math.max(1, Math.ceil(rule.for / window.resolution));
  let worst: number | undefined;
  let run = 0;
  let broken = false;
  let last = -1;
  for (const [step, atStep] of [...values].toSorted(([a], [b]) => a - b)) {
    for (const value of atStep)
      if (worst === undefined || beyondBound(value, rule) > beyondBound(worst, rule)) worst = value;
    const continues = last >= 0 && step - last <= TOLERATED_GAP;
    run = atStep.some((value) => beyondBound(value, rule) > 0) ? (continues ? run + 1 : 1) : 0;
    broken ||= run >= needed;
    last = step;
  }
  return {
    present: values.size,
    newest: last < 0 ? undefined : window.from + (last + 1) * window.resolution,
    broken,
    worst,
  };
};

/** By how much a value is beyond its bounds; negative within them. */
export const beyondBound = (value: number, { max, min }: QueryRule): number =>
  Math.max(
    max === undefined ? Number.NEGATIVE_INFINITY : value - max,
    min === undefined ? Number.NEGATIVE_INFINITY : min - value,
  );

/** NaN and infinities are missing samples; several series of a node are all kept. */
const valuesByStep = (
  samples: readonly MinuteSample[],
  window: Window,
): ReadonlyMap<number, readonly number[]> => {
  const steps = expectedSamples(window);
  const found = new Map<number, number[]>();
  for (const { at, value } of samples) {
    const step = stepOf(at, window);
    if (value === undefined || !Number.isFinite(value) || step < 0 || step >= steps) continue;
    const known = found.get(step);
    if (known === undefined) found.set(step, [value]);
    else known.push(value);
  }
  return found;
};
