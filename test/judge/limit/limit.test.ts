import { describe, expect, test } from 'vitest';

import { EDGE_FLEET, NO_EFFECT } from '../fleet-model.ts';
import { simulate } from '../fleet.ts';
import { replicate, scenarioNamed } from '../scenarios.ts';
import { Variates } from '../variates.ts';
import { tauOf } from '../wander.ts';
import { informationLimit, reached } from './information-limit.ts';
import { ErrorsLikelihood } from './minute-likelihood.ts';
import { oraclePath } from './oracle.ts';
import { type MinuteLikelihood, OwnNoiseFilter } from './own-noise-filter.ts';

/** A normal measurement of the sum. */
const measured = (value: number, variance: number): MinuteLikelihood => ({
  at: (z) => -((value - z) ** 2) / (2 * variance) - Math.log(2 * Math.PI * variance) / 2,
  slope: (z) => (value - z) / variance,
  curvature: () => 1 / variance,
});

describe("the filter of a node's own noise", () => {
  const noise = EDGE_FLEET.errors;

  test('is exact for two normal measurements', () => {
    const filter = new OwnNoiseFilter(noise);
    filter.see(measured(0.3, 0.04));
    filter.pass();
    filter.see(measured(-0.1, 0.09));
    // Both are normal around 0, with the covariance of slow wander and flutter one minute apart.
    const total = noise.slow ** 2 + noise.minute ** 2;
    const shared = noise.slow ** 2 * Math.exp(-1 / noise.slowTau) + noise.minute ** 2 * noise.carry;
    const a = total + 0.04;
    const b = total + 0.09;
    const determinant = a * b - shared * shared;
    const form = (b * 0.09 - 2 * shared * 0.3 * -0.1 + a * 0.01) / determinant;
    const exact = -Math.log(2 * Math.PI) - Math.log(determinant) / 2 - form / 2;
    expect(filter.logLikelihood).toBeCloseTo(exact, 6);
  });

  test('agrees with ten thousand particles on counts', () => {
    const random = new Variates('particles');
    const bad = [3, 0, 7, 2, 12, 1, 4, 0];
    const likelihood = new ErrorsLikelihood((log) => log);
    const filter = new OwnNoiseFilter(noise);
    const particles = Array.from({ length: 10_000 }, () => ({
      slow: noise.slow * random.normal(),
      flutter: noise.minute * random.normal(),
    }));
    const keepSlow = Math.exp(-1 / noise.slowTau);
    const keepFlutter = Math.exp(-1 / tauOf(noise.carry));
    let exact = 0;
    let cloud = particles;
    for (const count of bad) {
      likelihood.set(Math.log(0.01), 400, count);
      filter.see(likelihood);
      filter.pass();
      const weights = cloud.map(({ slow, flutter }) => Math.exp(likelihood.at(slow + flutter)));
      const mass = weights.reduce((sum, weight) => sum + weight, 0);
      exact += Math.log(mass / cloud.length);
      let place = random.uniform();
      let left = 0;
      const next: { slow: number; flutter: number }[] = [];
      for (const [i, weight] of weights.entries()) {
        left += (weight / mass) * cloud.length;
        for (; place < left && next.length < cloud.length; place += 1) {
          const particle = cloud[i] ?? { slow: 0, flutter: 0 };
          next.push({
            slow: keepSlow * particle.slow + noise.slow * Math.sqrt(1 - keepSlow ** 2) * random.normal(),
            flutter:
              keepFlutter * particle.flutter +
              noise.minute * Math.sqrt(1 - keepFlutter ** 2) * random.normal(),
          });
        }
      }
      cloud = next;
    }
    expect(Math.abs(filter.logLikelihood - exact)).toBeLessThan(0.1);
  });
});

describe('the oracle', () => {
  test('has a likelihood ratio: its inverse has mean 1 under the truth', () => {
    // Little harm, so that the mean is not that of a few large values.
    const effect = { ...NO_EFFECT, errors: 1.12, latency: 1.008 };
    const { fleet = EDGE_FLEET } = scenarioNamed('small_null').simulation;
    const inverse = Array.from({ length: 250 }, (_, seed) =>
      Math.exp(-(oraclePath(simulate({ fleet, effect, looks: [15] }, seed))?.[0] ?? 0)),
    );
    const mean = inverse.reduce((sum, value) => sum + value, 0) / inverse.length;
    const variance = inverse.reduce((sum, value) => sum + (value - mean) ** 2, 0) / inverse.length;
    expect(variance).toBeGreaterThan(0.1);
    expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(variance / inverse.length));
    expect(4 * Math.sqrt(variance / inverse.length)).toBeLessThan(0.4);
  });
  test('has nothing to weigh where there is no harm, or none above the margin', () => {
    for (const name of ['null', 'better', 'err1.5_margin', 'lat1.15_margin', 'mean_lower']) {
      const [wave] = replicate(scenarioNamed(name), 1, 0);
      if (wave === undefined) throw new Error('no wave');
      expect([name, oraclePath(wave)]).toEqual([name, undefined]);
    }
  });
  test('learns nothing of candidates that nobody has seen', () => {
    const { trial, truth } = simulate({ effect: { ...NO_EFFECT, errors: 5 } }, 2);
    const nodes = trial.nodes.map((node) => ({
      ...node,
      arrived: node.minutes.map((m) => (m < 0 ? m : null)),
    }));
    expect(oraclePath({ trial: { ...trial, nodes }, truth })?.every((value) => value === 0)).toBe(true);
  });
  test('sees late samples when they arrive, and then all it would have', () => {
    const { trial, truth } = simulate({ effect: { ...NO_EFFECT, errors: 2 } }, 4);
    const at = (arrived: (minute: number) => number): Float64Array | undefined =>
      oraclePath({
        trial: {
          ...trial,
          nodes: trial.nodes.map((node) => ({ ...node, arrived: node.minutes.map(arrived) })),
        },
        truth,
      });
    const prompt = at((minute) => minute);
    const late = at((minute) => (minute >= 5 && minute < 20 ? 20 : minute));
    const index = (look: number): number => trial.looks.indexOf(look);
    expect(late?.[index(5)]).toBe(prompt?.[index(5)]);
    expect(late?.[index(20)]).toBe(prompt?.[index(5)]);
    expect(late?.[index(21)]).toBeCloseTo(prompt?.[index(21)] ?? 0, 9);
  });
});

describe('the limit', () => {
  const looks = [1, 2, 3, 4];

  test('is that of a normal shift, which is known', () => {
    // Of normals with mean t and variance t after t minutes the log likelihood ratio is the sum less t / 2.
    const random = new Variates('limit');
    const paths = Array.from({ length: 20_000 }, () => {
      let ratio = 0;
      return Float64Array.from(looks, () => {
        ratio += 1 + random.normal() - 0.5;
        return ratio;
      });
    });
    const { envelope, sequential } = informationLimit(paths, 0.01);
    // P(Z > 2.326 - sqrt t).
    for (const [k, power] of [0.0924, 0.1809, 0.2762, 0.3721].entries()) {
      expect(Math.abs((envelope[k] ?? 0) - power)).toBeLessThan(0.015);
    }
    for (const [k, found] of sequential.entries()) expect(found).toBeLessThanOrEqual(envelope[k] ?? 0);
  });
  test('says when a share was reached, or that it was not', () => {
    expect(reached([0.1, 0.5, 0.7, 0.9], 0.5, looks)).toBe(2);
    expect(reached([0.1, 0.5, 0.7, 0.9], 0.95, looks)).toBeUndefined();
  });
});
