import type { Trial } from '../../../src/judge/trial/trial.ts';
import { armSeries, highestIncrease, increases } from '../rivals/mann-whitney-judge.ts';
import {
  highestMultiple,
  measure,
  type ThresholdQuery,
  type ThresholdRule,
} from '../rivals/threshold-judge.ts';
import { EACH_MINUTE, type TunedRules } from './judges.ts';

type Limits = ThresholdRule['times'];

/** The limits at which each configuration would just not fail a trial: first those by thresholds, then the rank test. */
export interface TuningSample {
  readonly thresholds: readonly Limits[];
  readonly mannWhitney: Limits;
}

const QUERIES: readonly ThresholdQuery[] = [1, 5].flatMap((window) =>
  (['Fleet', 'Own'] as const).flatMap((baseline) =>
    (['Fleet', 'Cohort'] as const).map((by) => ({ window, baseline, by })),
  ),
);
const LIMITS = [0, 2, 5, 10, 20];

export const CONFIGURATIONS: readonly Omit<ThresholdRule, 'times'>[] = QUERIES.flatMap((query) =>
  LIMITS.map((limit) => ({ ...query, limit })),
);

export const tuningSample = (trial: Trial): TuningSample => ({
  thresholds: QUERIES.flatMap((query) => {
    const measurements = measure(trial, query);
    return LIMITS.map((limit) => highestMultiple(measurements, limit));
  }),
  mannWhitney: highestIncrease(increases(armSeries(trial), EACH_MINUTE(trial.horizonMinutes))),
});

/**
 * The rules that fail at most `rate` of these very harmless trials, and of the threshold rules the one that finds the
 * most of these very harmful ones: better than anyone could tune them who does not know the outcome.
 */
export const tune = (
  harmless: readonly TuningSample[],
  harmful: readonly TuningSample[],
  rate: number,
): TunedRules => {
  const rules = CONFIGURATIONS.map((configuration, i): ThresholdRule & { readonly found: number } => {
    const ofRule = ({ thresholds }: TuningSample): Limits => thresholds[i] ?? { ratio: 0, latency: 0 };
    const times = limitsAt(harmless.map(ofRule), rate);
    const found = harmful.map(ofRule).filter((sample) => exceeds(sample, times)).length;
    return { ...configuration, times, found };
  });
  const [best] = rules.toSorted((a, b) => b.found - a.found);
  if (best === undefined) throw new Error('there are no threshold rules to tune');
  const { found: _, ...threshold } = best;
  const allowed = limitsAt(
    harmless.map(({ mannWhitney }) => mannWhitney),
    rate,
  );
  // The rank test fails at its limit, not above it.
  return { threshold, mannWhitney: { ratio: allowed.ratio * ABOVE, latency: allowed.latency * ABOVE } };
};

const ABOVE = 1 + 1e-9;

/** The lowest limits, equally strict for both kinds, that at most `rate` of the samples exceed in either. */
const limitsAt = (samples: readonly Limits[], rate: number): Limits => {
  const ratios = samples.map(({ ratio }) => ratio).toSorted((a, b) => b - a);
  const latencies = samples.map(({ latency }) => latency).toSorted((a, b) => b - a);
  const allowed = Math.floor(rate * samples.length);
  const limitsOf = ([r, l]: readonly [number, number]): Limits => ({
    ratio: ratios[r] ?? 0,
    latency: latencies[l] ?? 0,
  });
  const isAllowed = (places: readonly [number, number]): boolean => {
    const limits = limitsOf(places);
    return samples.filter((sample) => exceeds(sample, limits)).length <= allowed;
  };
  // One step down in turn, so that nothing of what is allowed stays unused.
  let places: readonly [number, number] = [0, 0];
  for (;;) {
    const [r, l] = places;
    const next = [[r + 1, l] as const, [r, l + 1] as const].toSorted(
      (a, b) => Math.max(...a) - Math.max(...b),
    );
    const taken = next.find((tried) => Math.max(...tried) <= allowed && isAllowed(tried));
    if (taken === undefined) return limitsOf(places);
    places = taken;
  }
};

const exceeds = (sample: Limits, limits: Limits): boolean =>
  sample.ratio > limits.ratio || sample.latency > limits.latency;
