import { describe, expect, test } from 'vitest';

import { NO_EFFECT } from '../fleet-model.ts';
import { simulate } from '../fleet.ts';
import { replicate, scenarioNamed } from '../scenarios.ts';
import { histogramQuantile } from './histogram-quantile.ts';
import {
  type ArmSeries,
  armSeries,
  highestIncrease,
  increases,
  type Increases,
  mannWhitneyJudge,
} from './mann-whitney-judge.ts';
import { highestMultiple, measure, type Measurements, thresholdJudge } from './threshold-judge.ts';

describe('histogram_quantile', () => {
  const bounds = [1, 2, 4];
  test('goes straight through a bucket', () => {
    expect(histogramQuantile(0.5, [0, 10, 0, 0], bounds)).toBe(1.5);
    expect(histogramQuantile(0.95, [90, 10, 0, 0], bounds)).toBe(1.5);
    expect(histogramQuantile(0.5, [10, 0, 0, 0], bounds)).toBe(0.5);
  });
  test('is the highest bound where the last bucket has it, and NaN of nothing', () => {
    expect(histogramQuantile(0.95, [0, 0, 0, 5], bounds)).toBe(4);
    expect(histogramQuantile(0.95, [0, 0, 0, 0], bounds)).toBeNaN();
  });
});

const ratio = (...multiples: number[]): readonly Measurements[] => [
  { kind: 'ratio', multiples: Float64Array.from(multiples) },
];

describe('the threshold judge', () => {
  const times = { ratio: 1.5, latency: 1.2 };

  test('fails above its limit of failed measurements, not at it', () => {
    expect(thresholdJudge(ratio(2, 1, 2, 1), { limit: 2, times })).toBeUndefined();
    expect(thresholdJudge(ratio(2, 1, 2, 2), { limit: 2, times })).toBe(4);
    expect(thresholdJudge(ratio(1, 2, 2, 2), { limit: 0, times })).toBe(2);
  });
  test('counts failures that do not follow each other', () => {
    expect(thresholdJudge(ratio(2, 1, 1, 1, 1, 2, 1), { limit: 1, times })).toBe(6);
  });
  test('takes a measurement of NaN for a good one, however many there are', () => {
    expect(thresholdJudge(ratio(...Array.from({ length: 60 }, () => Number.NaN)), { limit: 0, times })).toBe(
      undefined,
    );
  });
  test('promotes a candidate that nobody has seen', () => {
    const [wave] = replicate(scenarioNamed('no_candidate_data'), 1, 0);
    if (wave === undefined) throw new Error('no wave');
    const query = { window: 1, baseline: 'Fleet', by: 'Fleet' } as const;
    expect(thresholdJudge(measure(wave.trial, query), { limit: 0, times })).toBeUndefined();
  });
  test('just does not fail at its highest multiple, and does just below it', () => {
    const { trial } = simulate({ effect: { ...NO_EFFECT, errors: 2, latency: 1.2 } }, 2);
    for (const by of ['Fleet', 'Cohort'] as const) {
      const found = measure(trial, { window: 5, baseline: 'Own', by });
      const highest = highestMultiple(found, 5);
      expect(thresholdJudge(found, { limit: 5, times: highest })).toBeUndefined();
      const lower = { ...highest, ratio: highest.ratio - 1e-9 };
      expect(thresholdJudge(found, { limit: 5, times: lower })).toBeTypeOf('number');
    }
  });
});

const LOOKS = Array.from({ length: 51 }, (_, k) => k + 10);
const found = (candidates: (m: number) => number, controls: (m: number) => number): readonly Increases[] => {
  const series: ArmSeries = {
    kind: 'ratio',
    candidates: Float64Array.from({ length: 60 }, (_, m) => candidates(m)),
    controls: Float64Array.from({ length: 60 }, (_, m) => controls(m)),
  };
  return increases([series], LOOKS);
};

const noise = (m: number): number => ((m * 7_919) % 101) / 1_000;

describe('the Mann-Whitney judge', () => {
  const looks = LOOKS;
  const allowed = { ratio: 1, latency: 1 };

  test('finds a shift at its first look, and none where there is none', () => {
    expect(
      mannWhitneyJudge(
        found(
          (m) => 0.3 + noise(m),
          (m) => 0.1 + noise(m + 3),
        ),
        { looks, allowed },
      ),
    ).toBe(10);
    expect(
      mannWhitneyJudge(
        found(noise, (m) => noise(m + 3)),
        { looks, allowed },
      ),
    ).toBeUndefined();
  });
  test('lets pass what is less than the allowed increase', () => {
    const doubled = found(
      (m) => 0.2 + noise(m) / 100,
      (m) => 0.1 + noise(m) / 100,
    );
    expect(mannWhitneyJudge(doubled, { looks, allowed: { ratio: 2.2, latency: 1 } })).toBeUndefined();
    expect(mannWhitneyJudge(doubled, { looks, allowed: { ratio: 1.8, latency: 1 } })).toBe(10);
    expect(highestIncrease(doubled).ratio).toBeCloseTo(2, 1);
  });
  test('skips the check of the size where a mean is 0', () => {
    const fromNothing = found(
      (m) => 1e-9 * (1 + m),
      () => 0,
    );
    expect(mannWhitneyJudge(fromNothing, { looks, allowed: { ratio: 100, latency: 100 } })).toBe(10);
    expect(highestIncrease(fromNothing).ratio).toBe(0);
  });
  test('is blind to seldom errors: most minutes have none', () => {
    const seldom = found(
      (m) => (m % 4 === 0 ? 0.5 : 0),
      () => 0,
    );
    expect(mannWhitneyJudge(seldom, { looks, allowed })).toBeUndefined();
  });
  test('removes NaN, and passes an arm of which nothing is known', () => {
    const full = found(
      (m) => 0.3 + noise(m),
      (m) => 0.1 + noise(m),
    );
    const holes = found(
      (m) => (m % 3 === 0 ? Number.NaN : 0.3 + noise(m)),
      (m) => 0.1 + noise(m),
    );
    const nothing = found(
      () => Number.NaN,
      () => 0.1,
    );
    expect(mannWhitneyJudge(full, { looks, allowed })).toBe(10);
    expect(mannWhitneyJudge(holes, { looks, allowed })).toBeTypeOf('number');
    expect(mannWhitneyJudge(nothing, { looks, allowed })).toBeUndefined();
  });
  test('reads each arm as it was scraped', () => {
    const { trial } = simulate({}, 3);
    const [errors, latency] = armSeries(trial);
    expect(errors?.candidates).toHaveLength(60);
    expect(latency?.kind).toBe('latency');
    expect(latency?.controls.every((value) => value > 0.02 && value < 0.6)).toBe(true);
  });
});
