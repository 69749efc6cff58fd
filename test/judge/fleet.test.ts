import { createHash } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import type { Track, Trial } from '../../src/judge/trial/trial.ts';
import { EDGE_FLEET, NO_EFFECT } from './fleet-model.ts';
import { simulate, simulateWaves } from './fleet.ts';
import { replicate, SCENARIOS, scenarioNamed } from './scenarios.ts';

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

const counts = (node: Track): { readonly total: readonly number[]; readonly bad: readonly number[] } => {
  const series = node.series['errors'];
  if (series === undefined || !('total' in series)) throw new Error('no errors');
  return series as { readonly total: readonly number[]; readonly bad: readonly number[] };
};

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const soak = <T>(values: readonly T[]): readonly T[] => values.slice(EDGE_FLEET.historyMinutes);
const candidates = (trial: Trial): readonly Track[] => trial.nodes.filter(({ candidate }) => candidate);

describe('the same seed', () => {
  test('gives the same fleet on every machine', () => {
    expect(digest(simulate({}, 'pinned').trial)).toMatchInlineSnapshot(`"53244922e4421bdf"`);
  });
  test('another gives another', () => {
    expect(digest(simulate({}, 1).trial)).not.toBe(digest(simulate({}, 2).trial));
  });
  test('changes only the candidates under another effect', () => {
    const plain = simulate({}, 3).trial;
    const harmed = simulate({ effect: { ...NO_EFFECT, errors: 2, latency: 1.2 } }, 3).trial;
    const changed = plain.nodes.filter((node, i) => digest(node) !== digest(harmed.nodes[i]));
    expect(changed).toEqual(candidates(plain));
  });
});

test('has the classes, the candidates, the history and the looks of the reference', () => {
  const { trial } = simulate({}, 4);
  for (const [cohort, nodes, chosen] of [
    ['small', 20, 2],
    ['medium', 20, 2],
    ['large', 10, 1],
  ] as const) {
    const members = trial.nodes.filter((node) => node.cohort === cohort);
    expect(members).toHaveLength(nodes);
    expect(members.filter(({ candidate }) => candidate)).toHaveLength(chosen);
  }
  for (const node of trial.nodes) {
    expect(node.minutes).toHaveLength(180);
    expect(node.minutes[0]).toBe(-120);
    expect(node.arrived?.slice(0, 120)).toEqual(node.minutes.slice(0, 120));
  }
  expect(trial.looks).toEqual(Array.from({ length: 59 }, (_, k) => k + 2));
});

test('every node is as likely a candidate as any other of its class', () => {
  const times = new Map<string, number>();
  for (let seed = 0; seed < 400; seed += 1) {
    for (const { name } of candidates(simulate({ metrics: [] }, seed).trial)) {
      times.set(name, (times.get(name) ?? 0) + 1);
    }
  }
  // 40 times on average, with a standard deviation of 6.
  expect(times.size).toBe(50);
  for (const count of times.values()) expect(Math.abs(count - 40)).toBeLessThan(27);
});

const rate = (factor: number): number => {
  let bad = 0;
  for (let seed = 0; seed < 60; seed += 1) {
    const { trial } = simulate(
      { metrics: [{ name: 'errors', kind: 'ratio' }], effect: { ...NO_EFFECT, errors: factor } },
      seed,
    );
    for (const node of candidates(trial)) bad += sum(soak(counts(node).bad));
  }
  return bad;
};

describe('means over many fleets', () => {
  const noisy = Array.from({ length: 60 }, (_, seed) =>
    simulate({ metrics: [{ name: 'errors', kind: 'ratio' }] }, seed),
  );

  test('the log error rate has the stated spread', () => {
    const spread = mean(
      noisy.flatMap(({ trial, truth }) =>
        trial.nodes.map(({ cohort }, i) => {
          const usual = EDGE_FLEET.cohorts.find(({ name }) => name === cohort)?.errorRate ?? 0;
          const known = truth.nodes[i]?.errors[0] ?? 0;
          const own = truth.nodes[i]?.ownErrors[0] ?? 0;
          return (known + own - Math.log(usual)) ** 2;
        }),
      ),
    );
    // 0.35² + 0.10² + 0.25² + 0.20² + 0.10², and bursts: 0.3 % of minutes by ln 8.
    expect(spread).toBeGreaterThan(0.2);
    expect(spread).toBeLessThan(0.31);
  });
  test('traffic is log-uniform between its bounds', () => {
    const logs = noisy.flatMap(({ trial }) =>
      trial.nodes.map((node) => Math.log(mean(counts(node).total) / 60)),
    );
    expect(mean(logs)).toBeCloseTo(Math.log(20) / 2, 0);
    expect(Math.min(...logs)).toBeGreaterThan(-1);
    expect(Math.max(...logs)).toBeLessThan(4);
  });
  test('about one minute in 26 is late', () => {
    const late = mean(
      noisy.flatMap(({ trial }) =>
        trial.nodes.flatMap((node) =>
          soak(node.minutes).map((minute, k) => (node.arrived?.[k + 120] === minute ? 0 : 1)),
        ),
      ),
    );
    // An outage each 180 minutes, of 1 + ⌊Exp(6)⌋ minutes: 6.5 on average, some of them overlap.
    expect(late).toBeGreaterThan(0.028);
    expect(late).toBeLessThan(0.045);
  });
  test('doubled errors are twice the errors', () => {
    expect(rate(2) / rate(1)).toBeGreaterThan(1.94);
    expect(rate(2) / rate(1)).toBeLessThan(2.06);
  });
});

const slower = (latency: number): number => {
  const { trial } = simulate({ effect: { ...NO_EFFECT, latency } }, 5);
  const all = new Float64Array(12);
  for (const node of candidates(trial)) {
    const series = node.series['latency'];
    if (series === undefined || !('buckets' in series)) throw new Error('no latency');
    for (const minute of soak(series.buckets))
      for (const [b, count] of (minute ?? []).entries()) all[b] = (all[b] ?? 0) + count;
    const totals = counts(node).total;
    expect(sum([...(series.buckets[130] ?? [])])).toBe(totals[130]);
  }
  return (all[5] ?? 0) / sum([...all]);
};

test('latency by its buckets is that of a lognormal around the class', () => {
  expect(slower(1.5)).toBeGreaterThan(slower(1));
});

describe('waves', () => {
  const waves = simulateWaves({ fleet: scenarioNamed('waves_null').simulation.fleet ?? EDGE_FLEET }, 6);

  test('follow each other, and share the error rate', () => {
    expect(waves.map(({ trial }) => candidates(trial).length)).toEqual([5, 8, 17]);
    expect(waves.map(({ trial }) => trial.nodes.length)).toEqual([50, 45, 37]);
    expect(sum(waves.map(({ trial }) => trial.falseRollbackRate))).toBeCloseTo(0.01, 12);
  });
  test('a candidate of the first is in the second neither candidate nor control', () => {
    const first = new Set(candidates(waves[0]?.trial ?? simulate({}, 0).trial).map(({ name }) => name));
    expect(waves[1]?.trial.nodes.some(({ name }) => first.has(name))).toBe(false);
  });
  test('the soak of one is the history of the next', () => {
    const control = waves[2]?.trial.nodes.find(({ candidate }) => !candidate);
    const before = waves[1]?.trial.nodes.find(({ name }) => name === control?.name);
    if (control === undefined || before === undefined) throw new Error('no control node');
    expect(counts(control).bad.slice(60, 120)).toEqual(counts(before).bad.slice(120));
  });
});

const bad = (name: string): readonly (readonly number[])[] =>
  (replicate({ ...scenarioNamed(name), name: 'same' }, 8, 0)[0]?.trial.nodes ?? []).map(
    (node) => counts(node).bad,
  );

describe('scenarios', () => {
  test('have a name each, and all of them can be drawn', () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
    for (const scenario of SCENARIOS) {
      for (const { trial } of replicate(scenario, 'drawn', 0)) {
        for (const node of trial.nodes) expect(node.arrived).toHaveLength(node.minutes.length);
      }
    }
  });
  test('dark candidates stay dark', () => {
    const [wave] = replicate(scenarioNamed('cand_dark'), 7, 0);
    for (const node of wave?.trial.nodes ?? []) {
      const after = node.arrived?.slice(130) ?? [];
      expect(after.every((at) => at === null)).toBe(node.candidate);
    }
  });
  test('an arm without data has none since the switch', () => {
    const [wave] = replicate(scenarioNamed('no_control_data'), 7, 0);
    for (const node of wave?.trial.nodes ?? []) {
      expect(node.arrived?.slice(120).every((at) => at === null)).toBe(!node.candidate);
      expect(node.arrived?.[119]).toBe(-1);
    }
  });
  test('one node bursts, and for five minutes only', () => {
    const plain = bad('null');
    const changed = bad('node_burst').flatMap((values, i) =>
      values.flatMap((value, k) => (value > 2 * (plain[i]?.[k] ?? 0) + 5 ? [`${i}/${k - 120}`] : [])),
    );
    expect(new Set(changed.map((each) => each.split('/')[0])).size).toBe(1);
    expect(changed.every((each) => Number(each.split('/')[1]) >= 10 && Number(each.split('/')[1]) < 15)).toBe(
      true,
    );
    expect(changed.length).toBeGreaterThan(2);
  });
});
