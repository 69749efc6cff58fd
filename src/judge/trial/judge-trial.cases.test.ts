import { describe, expect, test } from 'vitest';
import { plainTrial } from './fixtures/plain-trial.ts';
import type { PlainCohort, PlainOptions } from './fixtures/plain-trial.ts';
import { judgeTrial } from './judge-trial.ts';
import { freeze, look } from './session.ts';
import type { Baselines, TrialMemory, WaveDesign } from './session.ts';
import type { LookResult } from './trial-verdict.ts';
import type { Track, Trial, TrialMetric } from './trial.ts';

const only = (nodes: number, candidates: number): readonly PlainCohort[] => [
  { name: 'only', nodes, candidates },
];

describe('few nodes', () => {
  test('eight nodes, two of them candidates: the e-process has all of the rate', () => {
    const { looks } = judgeTrial(plainTrial({ cohorts: only(8, 2) }));
    expect(looks.at(-1)?.metrics[0]?.test).toBe('EProcess');
    expect(judgeTrial(plainTrial({ cohorts: only(8, 2), factor: 5 })).final).toMatchObject({
      verdict: 'Fail',
      reason: 'HarmBeyondMargin',
    });
  });

  test('by the draw alone, eight nodes can show nothing', () => {
    const trial = plainTrial({ cohorts: only(8, 2), factor: 10, method: 'Randomisation' });
    expect(judgeTrial(trial).final.verdict).toBe('Undecided');
  });

  test('a single candidate fails only once a fault has lasted half of the soak', () => {
    const trial = plainTrial({
      cohorts: only(12, 1),
      factor: 8,
      method: 'EProcess',
      looks: [2, 3, 5, 8, 12, 14, 15, 20, 30],
    });
    const { looks, final } = judgeTrial(trial);
    expect(final).toMatchObject({ verdict: 'Fail', minute: 15 });
    expect(looks.filter(({ minute }) => minute < 15).every(({ verdict }) => verdict === 'Undecided')).toBe(
      true,
    );
  });

  test.each([3, 1])('%d candidates: one that burns for five minutes fails nothing', (candidates) => {
    for (const begin of [0, 8, 15]) {
      const trial = withBad(
        plainTrial({ cohorts: only(12, candidates), method: 'EProcess', looks: everyMinute(30) }),
        (bad, minute, { name }) =>
          name === 'only-0' && minute >= begin && minute < begin + 5 ? bad * 20 : bad,
      );
      expect(judgeTrial(trial).looks.map(({ verdict }) => verdict)).not.toContain('Fail');
    }
  });
});

describe('nobody to compare with', () => {
  const bounded: TrialMetric = {
    name: 'errors',
    kind: 'ratio',
    maxIncrease: { relative: 0.5, absolute: 0.002 },
    max: 0.05,
  };

  test('its own past fails it, and nothing passes it', () => {
    expect(judgeTrial(plainTrial({ cohorts: only(6, 6) })).final).toMatchObject({
      verdict: 'Undecided',
      reason: 'NoControls',
    });
    expect(judgeTrial(plainTrial({ cohorts: only(6, 6), factor: 20 })).final.verdict).toBe('Fail');
  });

  test('an absolute bound passes it, and fails it', () => {
    const within = plainTrial({ cohorts: only(6, 6), metrics: [bounded] });
    expect(judgeTrial(within).final).toMatchObject({ verdict: 'Pass', reason: 'WithinBound' });
    const beyond = plainTrial({ cohorts: only(6, 6), metrics: [bounded], errorRate: 0.2 });
    expect(judgeTrial(beyond).final).toMatchObject({ verdict: 'Fail', reason: 'BoundBroken' });
  });

  test('a bound that control nodes break as well is no fault of the candidate', () => {
    const { looks, final } = judgeTrial(
      plainTrial({ cohorts: only(12, 3), metrics: [bounded], errorRate: 0.2 }),
    );
    expect(final).toMatchObject({ verdict: 'Undecided', reason: 'ControlsBreakBound' });
    expect(looks.at(-1)?.message).toContain('the control nodes do as well');
  });

  test('one candidate of a cohort that fails every request is found by its bound', () => {
    const metrics = [bounded];
    const trial = withBad(
      plainTrial({
        cohorts: [
          { name: 'many', nodes: 20, candidates: 3 },
          { name: 'one', nodes: 6, candidates: 1 },
        ],
        metrics,
      }),
      (bad, minute, { name }) => (name === 'one-0' && minute >= 0 ? 600 : bad),
    );
    expect(judgeTrial(trial).final).toMatchObject({ verdict: 'Fail' });
  });
});

describe('little past', () => {
  test('without any, nodes are taken to differ as nodes do', () => {
    const healthy = judgeTrial(plainTrial({ history: 0 }));
    expect(healthy.final.verdict).not.toBe('Fail');
    expect(judgeTrial(plainTrial({ history: 0, factor: 10 })).final.verdict).toBe('Fail');
  });

  test('history that arrives after the first look changes nothing any more', () => {
    const trial = plainTrial();
    const late = {
      ...trial,
      nodes: trial.nodes.map((node) => ({
        ...node,
        arrived: node.minutes.map((minute) => (minute < -30 ? 10 : minute)),
      })),
    };
    const never = {
      ...trial,
      nodes: trial.nodes.map((node) => ({
        ...node,
        arrived: node.minutes.map((minute) => (minute < -30 ? null : minute)),
      })),
    };
    expect(judgeTrial(late)).toEqual(judgeTrial(never));
  });
});

describe('margins', () => {
  test('none: harm can be found, and nothing passes', () => {
    const metrics: readonly TrialMetric[] = [{ name: 'errors', kind: 'ratio' }];
    expect(judgeTrial(plainTrial({ metrics })).final).toMatchObject({
      verdict: 'Undecided',
      reason: 'NoMargin',
    });
    expect(judgeTrial(plainTrial({ metrics, factor: 3 })).final.verdict).toBe('Fail');
  });

  test('harm within what is tolerated is not rolled back, however certain', () => {
    const metrics: readonly TrialMetric[] = [{ name: 'errors', kind: 'ratio', maxIncrease: { relative: 4 } }];
    expect(judgeTrial(plainTrial({ metrics, factor: 3 })).final.verdict).not.toBe('Fail');
    expect(judgeTrial(plainTrial({ metrics, factor: 15 })).final.verdict).toBe('Fail');
  });

  test('harm far beyond a wide margin is found soon, and told as it is', () => {
    const metrics: readonly TrialMetric[] = [
      { name: 'errors', kind: 'ratio', maxIncrease: { relative: 0.5, absolute: 0.05 } },
    ];
    const trial = plainTrial({
      cohorts: only(12, 3),
      metrics,
      requests: 140,
      errorRate: 0.005,
      factor: 100,
      history: 4,
    });
    const { looks, final } = judgeTrial(trial);
    expect(final).toMatchObject({ verdict: 'Fail', minute: 5 });
    expect(looks[0]?.metrics[0]?.estimate).toBeGreaterThan(0.3);
  });

  test.each<readonly [string, TrialMetric, number]>([
    ['latency', { name: 'm', kind: 'latency', maxIncrease: { relative: 0.15 } }, 6],
    ['mean', { name: 'm', kind: 'mean', maxDecrease: { absolute: 0.002 } }, 3],
    ['drift', { name: 'm', kind: 'drift', maxPsi: 0.2 }, 12],
  ])('a %s passes unharmed and fails harmed', (_, metric, factor) => {
    const metrics = [metric];
    expect(judgeTrial(plainTrial({ metrics })).final).toMatchObject({ verdict: 'Pass' });
    expect(judgeTrial(plainTrial({ metrics, factor })).final).toMatchObject({ verdict: 'Fail' });
  });
});

describe('memory', () => {
  test('a restart after any look goes on as if nothing had been', () => {
    const { design, trial } = designed({ factor: 1.8, looks: everyMinute(30) });
    const baselines = finish(freeze(design, trial.nodes, 2));
    let whole: TrialMemory = {};
    let restarted: TrialMemory = {};
    for (const minute of trial.looks) {
      whole = finish(look(design, baselines, trial.nodes, minute, whole)).memory;
      const kept = JSON.parse(JSON.stringify(restarted)) as TrialMemory;
      const frozen = JSON.parse(JSON.stringify(baselines)) as Baselines;
      restarted = finish(look(design, frozen, trial.nodes, minute, kept)).memory;
      expect(restarted).toEqual(whole);
    }
    expect(whole.rows).toBe(10_000);
  });

  test('lost: the exact test is off and nothing passes, harm is still found', () => {
    const healthy = lost({});
    expect(healthy).toMatchObject({ verdict: 'Undecided', reason: 'MemoryLost' });
    expect(healthy.metrics[0]?.test).toBe('EProcess');
    expect(lost({ factor: 5 })).toMatchObject({ verdict: 'Fail' });
  });

  test('a Fail stays, whatever comes after it', () => {
    const { design, trial } = designed({});
    const failed = { minute: 5, metrics: ['errors'], cohorts: ['a'], by: 'Randomisation' } as const;
    const baselines = finish(freeze(design, trial.nodes, 2));
    expect(finish(look(design, baselines, trial.nodes, 30, { failed }))).toMatchObject({
      verdict: 'Fail',
      memory: { failed },
    });
  });
});

test('a cohort that was not drawn is not in the randomisation test', () => {
  const { design, trial } = designed({ method: 'Randomisation', factor: 10 });
  expect(lastLook(design, trial).verdict).toBe('Fail');
  const chosen = lastLook({ ...design, undrawn: ['a', 'b'] }, trial);
  expect(chosen.memory.failed).toBeUndefined();
});

test('a metric that a cohort is not measured by says nothing of it', () => {
  const trial = plainTrial();
  const nodes = trial.nodes.map((node) => (node.cohort === 'b' ? { ...node, series: {} } : node));
  const { final, looks } = judgeTrial({ ...trial, nodes });
  expect(final.verdict).toBe('Pass');
  expect(looks.at(-1)?.metrics[0]?.cohorts.map(({ cohort }) => cohort)).toEqual(['a']);
});

function designed(options: PlainOptions): { readonly design: WaveDesign; readonly trial: Trial } {
  const trial = plainTrial(options);
  return { trial, design: { ...trial, undrawn: [], memoryWhole: true } };
}

function lost(options: PlainOptions): LookResult {
  const { design, trial } = designed(options);
  return lastLook({ ...design, memoryWhole: false }, trial);
}

function lastLook(design: WaveDesign, { nodes, looks }: Trial): LookResult {
  const baselines = finish(freeze(design, nodes, 2));
  let memory: TrialMemory = {};
  let result: LookResult | undefined;
  for (const minute of looks) {
    result = finish(look(design, baselines, nodes, minute, memory));
    memory = result.memory;
  }
  if (result === undefined) throw new Error('the trial has no look');
  return result;
}

function finish<Result>(work: Generator<void, Result>): Result {
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value;
}

function everyMinute(last: number): readonly number[] {
  return Array.from({ length: last - 1 }, (_, at) => at + 2);
}

function withBad(trial: Trial, change: (bad: number, minute: number, node: Track) => number): Trial {
  return {
    ...trial,
    nodes: trial.nodes.map((node) => {
      const errors = node.series['errors'];
      if (errors === undefined || !('bad' in errors)) return node;
      const bad = errors.bad.map((value, at) => change(value ?? 0, node.minutes[at] ?? 0, node));
      return { ...node, series: { ...node.series, errors: { total: errors.total, bad } } };
    }),
  };
}
