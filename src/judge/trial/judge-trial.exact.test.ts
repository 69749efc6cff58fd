import { describe, expect, test } from 'vitest';
import { plainTrial } from './fixtures/plain-trial.ts';
import { judgeTrial } from './judge-trial.ts';
import { randomStream } from '../random.ts';
import type { Trial } from './trial.ts';

/** Twelve nodes of which some burn, some are busy, some are away, and nothing is normal about any of it. */
const adversarial = (seed: string): Trial => {
  const random = randomStream(seed);
  const plain = plainTrial({
    cohorts: [{ name: 'only', nodes: 12, candidates: 3 }],
    metrics: [{ name: 'errors', kind: 'ratio' }],
    seed,
    minutes: 20,
    looks: [2, 3, 5, 8, 12, 16, 20],
    method: 'Randomisation',
  });
  return {
    ...plain,
    nodes: plain.nodes.map((node) => {
      const wild = Math.exp(2 * (random() - 0.5));
      const bursts = node.minutes.map(() => (random() < 0.05 ? 20 : 1));
      const errors = node.series['errors'];
      if (errors === undefined || !('bad' in errors)) return node;
      return {
        ...node,
        arrived: node.minutes.map((minute) => (random() < 0.1 ? minute + Math.floor(10 * random()) : minute)),
        series: {
          errors: {
            total: errors.total,
            bad: errors.bad.map((bad, at) =>
              Math.round((bad ?? 0) * (bursts[at] ?? 1) * ((node.minutes[at] ?? 0) >= 0 ? wild : 1)),
            ),
          },
        },
      };
    }),
  };
};

describe('the randomisation test is exact', () => {
  test.each([
    ['one', 0.01],
    ['two', 0.05],
    ['three', 0.2],
  ])('fleet %s: of all 220 draws at most %d of them roll back', (seed, alpha) => {
    const trial = adversarial(seed);
    let rolledBack = 0;
    for (let a = 0; a < 12; a += 1) {
      for (let b = a + 1; b < 12; b += 1) {
        for (let c = b + 1; c < 12; c += 1) {
          const nodes = trial.nodes.map((node, at) => ({
            ...node,
            candidate: at === a || at === b || at === c,
          }));
          const { final } = judgeTrial({ ...trial, falseRollbackRate: alpha, nodes });
          if (final.verdict === 'Fail') rolledBack += 1;
        }
      }
    }
    expect(rolledBack).toBeLessThanOrEqual(Math.floor(220 * alpha));
    // And it spends what it may: a test that never fails would be exact too.
    expect(rolledBack).toBeGreaterThanOrEqual(Math.floor(220 * alpha * 0.75) - 1);
  });
});
