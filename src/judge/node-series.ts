import type { MinuteSample, NodeMinutes } from './evidence.ts';
import type { Window } from './window.ts';
import { expectedSamples } from './window.ts';

/** The counts of one judged node, step by step. A missing step is NaN in both. */
export interface NodeSeries {
  readonly bad: Float64Array;
  readonly total: Float64Array;
  /** Steps that are there. */
  readonly present: number;
  /** End of the newest step that is there, ms since the epoch. */
  readonly newest: number | undefined;
  /** Sums over the steps that are there. */
  readonly badSum: number;
  readonly totalSum: number;
}

/**
 * Samples put in their places: order and repetitions don't matter, what lies outside the window is
 * left out, and a number that is none (NaN, infinite, negative) is a missing sample.
 */
export const countsOf = (samples: readonly MinuteSample[], window: Window): NodeSeries => {
  const steps = expectedSamples(window);
  const bad = new Float64Array(steps).fill(Number.NaN);
  const total = new Float64Array(steps).fill(Number.NaN);
  for (const sample of samples) {
    const step = stepOf(sample.at, window);
    if (step < 0 || step >= steps || !isCount(sample.total) || !isCount(sample.bad)) continue;
    // Two answers for one step (a late scrape): the one that has seen more.
    const known = total[step] ?? Number.NaN;
    if (known > sample.total || (known === sample.total && (bad[step] ?? 0) >= sample.bad)) continue;
    total[step] = sample.total;
    bad[step] = sample.bad;
  }
  return summed(bad, total, window);
};

const summed = (bad: Float64Array, total: Float64Array, window: Window): NodeSeries => {
  let present = 0;
  let badSum = 0;
  let totalSum = 0;
  let last = -1;
  for (const [step, count] of total.entries()) {
    if (Number.isNaN(count)) continue;
    present += 1;
    last = step;
    totalSum += count;
    badSum += bad[step] ?? 0;
  }
  const newest = last < 0 ? undefined : window.from + (last + 1) * window.resolution;
  return { bad, total, present, newest, badSum, totalSum };
};

/** Number of the step that a sample ends; a sample off the grid belongs to the step that it is in. */
export const stepOf = (at: number, window: Window): number =>
  Math.ceil((at - window.from) / window.resolution - 1e-6) - 1;

const isCount = (value: number | undefined): value is number =>
  value !== undefined && Number.isFinite(value) && value >= 0;

/** Samples by key; the parts of a key that came more than once are put together. */
export const samplesByKey = (
  samples: readonly NodeMinutes[],
): ReadonlyMap<string, readonly MinuteSample[]> => {
  const found = new Map<string, readonly MinuteSample[]>();
  for (const { key, minutes } of samples) {
    const known = found.get(key);
    found.set(key, known === undefined ? minutes : [...known, ...minutes]);
  }
  return found;
};
