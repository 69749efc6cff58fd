import { expect, test } from 'vitest';
import { Variates } from './variates.ts';
import { mixture } from '../../src/judge/trial/features.ts';
import { gammaPoissonRatio, HARM } from '../../src/judge/trial/gamma-poisson.ts';

const RUNS = 20_000;
const NODES = 5;
const MINUTES = 60;
const SPREAD = 0.02;

test('under its own model the e-process exceeds 100 in at most one run of a hundred', () => {
  const variates = new Variates('gamma-poisson');
  const width = HARM.factors.length;
  const { score } = mixture(new Float64Array(0), HARM.weights);
  const k = 1 / SPREAD;
  let exceeded = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const means = Array.from({ length: NODES }, () => 3 * Math.exp(0.7 * variates.normal()));
    const factors = means.map(() => variates.gamma(k) / k);
    const counts = means.map(() => 0);
    for (let minute = 1; minute <= MINUTES; minute += 1) {
      const sums = new Float64Array(width);
      for (const [node, mean] of means.entries()) {
        const count = (counts[node] ?? 0) + variates.poisson(mean * (factors[node] ?? 1));
        counts[node] = count;
        for (const [at, factor] of HARM.factors.entries()) {
          sums[at] = (sums[at] ?? 0) + gammaPoissonRatio(count, factor * mean * minute, mean * minute, k);
        }
      }
      if (score(sums, 0) >= Math.log(100)) {
        exceeded += 1;
        break;
      }
    }
  }
  expect(exceeded).toBeLessThanOrEqual(RUNS / 100);
  // It comes near its bound only where the data do: a test that never moves would pass as well.
  expect(exceeded).toBeGreaterThan(0);
}, 60_000);
