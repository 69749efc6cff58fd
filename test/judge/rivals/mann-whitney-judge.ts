import type { Trial } from '../../../src/judge/trial/trial.ts';
import { atEachLook, pooledMetrics } from './pooled-query.ts';

/** Both arms' series of one metric, one point a minute as it was scraped; NaN is a missing point. */
export interface ArmSeries {
  readonly kind: 'ratio' | 'latency';
  readonly candidates: Float64Array;
  readonly controls: Float64Array;
}

export interface MannWhitneyRule {
  /** Minutes at which it is asked. */
  readonly looks: readonly number[];
  /** Ratio of the means from which on a significant difference fails (allowedIncrease), by kind of metric. */
  readonly allowed: { readonly ratio: number; readonly latency: number };
}

export const armSeries = (trial: Trial): readonly ArmSeries[] =>
  pooledMetrics(trial).map((metric) => {
    const arm = (candidate: boolean): Float64Array =>
      atEachLook(
        { nodes: trial.nodes.filter((node) => node.candidate === candidate), metric },
        1,
        trial.horizonMinutes,
      );
    return {
      kind: metric.kind === 'ratio' ? 'ratio' : 'latency',
      candidates: arm(true),
      controls: arm(false),
    };
  });

/** Of one metric, by look: the ratio of the means where the difference is significant, -Infinity where it is not. */
export interface Increases {
  readonly kind: 'ratio' | 'latency';
  readonly at: ReadonlyMap<number, number>;
}

/**
 * What Kayenta's NetflixACAJudge makes of pooled series: High where the lower end of the 98 % interval of the shift
 * (Hodges and Lehmann's, from the differences of all pairs) is above a quarter of that shift's own estimate. NaN points
 * are removed; an arm without points is Nodata, which fails nothing.
 */
export const increases = (series: readonly ArmSeries[], looks: readonly number[]): readonly Increases[] =>
  series.map((each) => ({ kind: each.kind, at: new Map(looks.map((look) => [look, increase(each, look)])) }));

/**
 * Fails where a difference is High and the ratio of the means at least the allowed one.
 *
 * @returns the minute of the rollback, or undefined: promoted.
 */
export const mannWhitneyJudge = (found: readonly Increases[], rule: MannWhitneyRule): number | undefined =>
  rule.looks.find((look) =>
    found.some(({ kind, at }) => (at.get(look) ?? Number.NEGATIVE_INFINITY) >= rule.allowed[kind]),
  );

/** The largest ratio of means that ever was High, by kind: rules that allow more never fail. */
export const highestIncrease = (found: readonly Increases[]): MannWhitneyRule['allowed'] => {
  const highest = { ratio: 0, latency: 0 };
  for (const { kind, at } of found) {
    for (const value of at.values()) {
      // Where one mean is 0 there is no ratio, and no allowed increase helps.
      if (value !== Number.POSITIVE_INFINITY) highest[kind] = Math.max(highest[kind], value);
    }
  }
  return highest;
};

const CONFIDENCE_Z = 2.326_347_874_040_840_8;
const TOLERANCE = 0.25;

const increase = ({ candidates, controls }: ArmSeries, look: number): number => {
  const x = candidates.subarray(0, look).filter((value) => !Number.isNaN(value));
  const y = controls.subarray(0, look).filter((value) => !Number.isNaN(value));
  if (x.length === 0 || y.length === 0) return Number.NEGATIVE_INFINITY;
  const differences = new Float64Array(x.length * y.length);
  let at = 0;
  for (const a of x) for (const b of y) differences[at++] = a - b;
  differences.sort();
  const pairs = differences.length;
  const deviation = Math.sqrt((pairs * (x.length + y.length + 1)) / 12);
  const place = Math.floor(pairs / 2 + 0.5 - CONFIDENCE_Z * deviation);
  const lower = differences[Math.max(place - 1, 0)] ?? 0;
  const shift = ((differences[(pairs - 1) >> 1] ?? 0) + (differences[pairs >> 1] ?? 0)) / 2;
  if (lower <= TOLERANCE * Math.abs(shift)) return Number.NEGATIVE_INFINITY;
  const above = mean(x);
  const below = mean(y);
  // The check of the effect's size is skipped where one of the means is 0.
  return above === 0 || below === 0 ? Number.POSITIVE_INFINITY : above / below;
};

const mean = (values: Float64Array): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
};
