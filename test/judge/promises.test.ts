import { describe, expect, test } from 'vitest';
import { judgeTrial } from '../../src/judge/trial/judge-trial.ts';
import type { TrialResult } from '../../src/judge/trial/judge-trial.ts';
import { replicate, scenarioNamed } from './scenarios.ts';

/**
 * A few fleets of each kind, enough to see that a change broke the judge. The rates themselves, over hundreds, are in
 * docs/judge-evaluation.md.
 */
const results = (name: string, count: number): readonly TrialResult[] => {
  const scenario = scenarioNamed(name);
  return Array.from({ length: count }, (_, index) => {
    const [wave] = replicate(scenario, 'promises', index);
    if (wave === undefined) throw new Error(`${name} has no wave`);
    return judgeTrial(wave.trial);
  });
};

const failedAt = (all: readonly TrialResult[]): readonly number[] =>
  all.flatMap(({ final }) => (final.verdict === 'Fail' ? [final.minute] : [])).toSorted((a, b) => a - b);

const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] ?? Infinity;

describe('a candidate that does no harm', () => {
  test.each(['null', 'null_bursty', 'null_lowtraffic', 'better'])(
    '%s: is hardly ever rolled back',
    (name) => {
      // At a rate of 1 % three of fifteen would come once in two thousand times.
      expect(failedAt(results(name, 15)).length).toBeLessThanOrEqual(2);
    },
  );

  test('is promoted within the hour, mostly, at the default margins', () => {
    const passed = results('null_margin', 15).filter(({ final }) => final.verdict === 'Pass');
    expect(passed.length).toBeGreaterThanOrEqual(9);
  });

  test('with hardly an error at one request a second, 3 of 20 nodes: within the hour', () => {
    const passed = results('near_zero', 15).filter(({ final }) => final.verdict === 'Pass');
    expect(passed.length).toBeGreaterThanOrEqual(13);
  });
});

describe('a candidate that does harm', () => {
  test.each([
    ['err5', 15, 3],
    ['err2', 14, 10],
    ['lat1.2', 15, 4],
    ['near_zero_broken', 14, 25],
  ])('%s: at least %d of 15, half of them by minute %d', (name, found, by) => {
    const minutes = failedAt(results(name, 15));
    expect(minutes.length).toBeGreaterThanOrEqual(found);
    expect(median(minutes)).toBeLessThanOrEqual(by);
  });

  test.each(['err1.5_margin', 'err2_margin', 'cand_dark', 'no_candidate_data'])(
    '%s: is not promoted',
    (name) => {
      const passed = results(name, 10).filter(({ final }) => final.verdict === 'Pass');
      expect(passed.length).toBeLessThanOrEqual(1);
    },
  );
});
