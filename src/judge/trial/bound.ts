import type { LevelsBaseline } from './levels-baseline.ts';
import { logSumExp } from './features.ts';
import type { Baseline } from './baseline.ts';
import type { Cells, CountCells, LevelCells } from './panel.ts';
import { offsetOf, visible } from './span.ts';
import type { Span } from './span.ts';
import type { TrialMetric } from './trial.ts';

/** What an absolute bound (`max`, `min`) says of a set of nodes by itself, without any comparison. */
export interface BoundEvidence {
  /** The set's own value, in the metric's unit. */
  readonly value: number;
  readonly bound: number;
  /** Log e-value against a value within the bound, and against one beyond it. */
  readonly broken: number;
  readonly within: number;
}

/** Multiples of a largest share, and their like in standard deviations of a level. */
const BEYOND = [1.25, 1.5, 2, 3, 5, 10];
const BELOW = [0.1, 0.25, 0.5, 0.75];
const STEPS = [1, 2, 4, 8];
/** Relative variance of the share of bad requests between nodes, and between hours of all of them. */
const BETWEEN = 0.1;
const TOGETHER = 0.01;

/** Evidence on the bounds of a metric; none where it has none, or the set nothing to say. */
export const boundsOf = (
  metric: TrialMetric,
  cells: Cells,
  baseline: Baseline,
  span: Span,
  set: readonly number[],
): readonly BoundEvidence[] => {
  const { max, min } = metric;
  if (cells.kind === 'counts') {
    return max === undefined ? [] : shareBound(cells, span, set, max);
  }
  if (cells.kind !== 'levels' || baseline.kind !== 'levels') return [];
  const log = metric.kind === 'latency';
  return [
    ...(max === undefined ? [] : levelBound(cells, baseline, span, set, { bound: max, worse: 1, log })),
    ...(min === undefined ? [] : levelBound(cells, baseline, span, set, { bound: min, worse: -1, log })),
  ];
};

/** A gamma-Poisson count against `max` of each request. Nothing is cut off here: the bound is the measure. */
const shareBound = (
  { total, bad }: CountCells,
  span: Span,
  set: readonly number[],
  max: number,
): readonly BoundEvidence[] => {
  let requests = 0;
  let count = 0;
  const used = new Set<number>();
  eachCell(span, set, (cell, node) => {
    const all = total[cell] ?? NaN;
    if (Number.isNaN(all)) return;
    requests += all;
    count += bad[cell] ?? 0;
    used.add(node);
  });
  if (requests === 0 || max <= 0) return [];
  const expected = requests * max;
  const k = 1 / (BETWEEN / used.size + TOGETHER);
  const evidence = (factors: readonly number[]): number =>
    logSumExp(
      factors.map(
        (factor) =>
          count * Math.log(factor) - (count + k) * Math.log((k + factor * expected) / (k + expected)),
      ),
    ) - Math.log(factors.length);
  return [{ value: count / requests, bound: max, broken: evidence(BEYOND), within: evidence(BELOW) }];
};

const levelBound = (
  { n, level }: LevelCells,
  { drift, noise, n0 }: LevelsBaseline,
  span: Span,
  set: readonly number[],
  { bound, worse, log }: { readonly bound: number; readonly worse: 1 | -1; readonly log: boolean },
): readonly BoundEvidence[] => {
  const sums = new Map<number, { sum: number; weight: number }>();
  eachCell(span, set, (cell, node) => {
    const own = level[cell] ?? NaN;
    const observations = n[cell] ?? NaN;
    if (Number.isNaN(own) || !(observations > 0)) return;
    const weight = observations / (observations + n0);
    const all = sums.get(node) ?? { sum: 0, weight: 0 };
    sums.set(node, { sum: all.sum + weight * own, weight: all.weight + weight });
  });
  if (sums.size === 0) return [];
  const means = [...sums.values()].map(({ sum, weight }) => ({
    mean: sum / weight,
    variance: drift + noise / weight,
  }));
  const count = means.length;
  const value = means.reduce((all, { mean }) => all + mean, 0) / count;
  const centre = means.reduce((all, { mean }) => all + (mean - value) ** 2, 0);
  // How much the nodes really differ, where they are enough to tell.
  const between = count > 2 ? centre / (count - 1) / count : 0;
  const variance = Math.max(means.reduce((all, each) => all + each.variance, 0) / count ** 2, between, 1e-12);
  const beyond = worse * (value - (log ? Math.log(bound) : bound));
  const scale = Math.sqrt(variance);
  const evidence = (sign: number): number =>
    logSumExp(STEPS.map((step) => (sign * step * beyond) / scale - step ** 2 / 2)) - Math.log(STEPS.length);
  return [{ value: log ? Math.exp(value) : value, bound, broken: evidence(1), within: evidence(-1) }];
};

const eachCell = (span: Span, set: readonly number[], then: (cell: number, node: number) => void): void => {
  for (const node of set) {
    const start = offsetOf(span, node);
    for (let cell = start + span.from; cell < start + span.to; cell += 1) {
      if (visible(span, cell)) then(cell, node);
    }
  }
};
