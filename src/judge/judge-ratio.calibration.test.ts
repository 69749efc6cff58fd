import { describe, expect, it } from 'vitest';
import type { SimulatedFleet } from './fixtures/simulated-fleet.ts';
import { simulateFleet } from './fixtures/simulated-fleet.ts';
import { judgeRatio } from './judge-ratio.ts';
import type { RatioRule } from './rule.ts';
import type { Verdict } from './verdict.ts';
import { combine } from './verdict.ts';

const RULE: RatioRule = {
  kind: 'ratio',
  name: 'errors',
  maxIncrease: { relative: 0.5, absolute: 0.02 },
  minRequestsPerNode: 20,
};

const classes = (nodes: number, candidates: number, rates: readonly number[]): SimulatedFleet['classes'] =>
  rates.map((rate) => ({ nodes, candidates, rate }));

/** How often the whole wave passed, failed and held, over seeded fleets. */
const outcomes = (
  name: string,
  runs: number,
  fleet: SimulatedFleet,
  alpha: number,
  rule: RatioRule = RULE,
): Readonly<Record<Verdict['verdict'], number>> => {
  const found = { Pass: 0, Fail: 0, Undecided: 0 };
  for (let run = 0; run < runs; run += 1) {
    const { cohorts, evidence } = simulateFleet(fleet, `${name} ${run}`);
    const verdicts = judgeRatio({ rule, cohorts, window: fleet.window, evidence, alpha, seed: `${run}` });
    found[combine([...verdicts.values()])] += 1;
  }
  return found;
};

const SHORT = { from: 0, to: 90_000, resolution: 10_000 };
const HOUR = { from: 0, to: 3_600_000, resolution: 60_000 };

// Seeds are fixed, so these numbers are the same on every machine; the bounds say what they may be for any seed.
describe('judgeRatio on simulated fleets', () => {
  it('fails a healthy candidate no more often than alpha, however little the margin', () => {
    const noFloor = { ...RULE, maxIncrease: { absolute: 0.000_01 } };
    const fleet = { classes: classes(12, 3, [0.01]), window: HOUR, bursts: 0.005, nodeSpread: 0.5 };
    // 99.5 % binomial bound for 200 at 5 %: 18.
    expect(outcomes('null', 200, fleet, 0.05, noFloor).Fail).toBeLessThanOrEqual(18);
  });

  it('fails a healthy candidate in three classes no more often than alpha', () => {
    const noFloor = { ...RULE, maxIncrease: { absolute: 0.000_01 } };
    // 99.5 % binomial bound for 60 at 5 %: 8.
    expect(
      outcomes('null 3', 60, { classes: classes(10, 2, [0.004, 0.01, 0.02]), window: SHORT }, 0.05, noFloor)
        .Fail,
    ).toBeLessThanOrEqual(8);
  });

  it('always finds 20 % errors in three classes of ten with two candidates each', () => {
    const fleet = {
      classes: classes(10, 2, [0.004, 0.01, 0.02]),
      window: SHORT,
      effect: (rate: number) => rate + 0.2,
    };
    expect(outcomes('bad', 40, fleet, 0.005)).toEqual({ Pass: 0, Fail: 40, Undecided: 0 });
  });

  it('finds 20 % errors of one class of twelve with three candidates, and never passes them', () => {
    const fleet = {
      classes: classes(12, 3, [0.004, 0.01, 0.02]),
      window: SHORT,
      effect: (rate: number, cohort: number) => (cohort === 1 ? rate + 0.2 : rate),
    };
    const found = outcomes('one class', 40, fleet, 0.005);
    expect(found.Pass).toBe(0);
    expect(found.Fail).toBeGreaterThanOrEqual(36);
  });

  it('finds 20 % errors of one class of ten with two candidates by the absolute bound', () => {
    const fleet = {
      classes: classes(10, 2, [0.004, 0.01, 0.02]),
      window: SHORT,
      effect: (rate: number, cohort: number) => (cohort === 1 ? rate + 0.2 : rate),
    };
    expect(outcomes('one class, max', 40, fleet, 0.005, { ...RULE, max: 0.05 }).Fail).toBe(40);
  });

  it('passes a healthy candidate of the quick start', () => {
    const fleet = {
      classes: classes(10, 2, [0.005, 0.005, 0.005]),
      window: SHORT,
      bursts: 0,
      rps: [5, 20] as const,
    };
    const found = outcomes('healthy', 50, fleet, 0.005);
    expect(found.Fail).toBe(0);
    expect(found.Pass).toBeGreaterThanOrEqual(45);
  });

  it('seldom passes harm of the margin', () => {
    const rule = { ...RULE, maxIncrease: { absolute: 0.01 } };
    const fleet = { classes: classes(20, 3, [0.01]), window: HOUR, effect: (rate: number) => rate + 0.01 };
    expect(outcomes('at the margin', 100, fleet, 0.005, rule).Pass).toBeLessThanOrEqual(11);
  });
});
