import { describe, expect, test } from 'vitest';

import { SCENARIOS, scenarioNamed } from '../scenarios.ts';
import { JUDGE_TITLES } from './judges.ts';
import { acrossWaves, type Outcome } from './outcome.ts';
import { perform } from './perform.ts';
import { delayPlot } from './plots/delay-plot.ts';
import { falseRollbackPlot } from './plots/false-rollback-plot.ts';
import { powerPlot } from './plots/power-plot.ts';
import { type ScenarioSummary, summarise } from './summary.ts';
import { harmfulTable, harmlessTable, limitTable } from './tables.ts';
import type { Replicate, Task } from './task.ts';
import { CONFIGURATIONS, tune, type TuningSample } from './tuning.ts';
import { withTable } from './write-docs.ts';

const TUNED = tune([sample(1, 1), sample(2, 1)], [sample(3, 1)], 0.5);

function sample(ratio: number, latency: number): TuningSample {
  return { thresholds: CONFIGURATIONS.map(() => ({ ratio, latency })), mannWhitney: { ratio, latency } };
}

const promoting = (): Outcome => ({ verdict: 'Pass', minute: 21 });

const task = (scenario: string, from: number, to: number): Task => ({
  scenario,
  seed: 'test',
  from,
  to,
  tuned: TUNED,
  oracleUntil: to,
});

describe('waves', () => {
  test('end with the first that fails, at its minute since the first began', () => {
    const fail = { verdict: 'Fail', minute: 7 } as const;
    expect(acrossWaves([{ verdict: 'Pass', minute: 30 }, fail], 60)).toEqual({ verdict: 'Fail', minute: 67 });
    expect(acrossWaves([{ verdict: 'Undecided', minute: 60 }, fail], 60).verdict).toBe('Fail');
  });
  test('are promoted only where each is', () => {
    const pass = { verdict: 'Pass', minute: 30 } as const;
    expect(acrossWaves([pass, pass], 60)).toEqual({ verdict: 'Pass', minute: 90 });
    expect(acrossWaves([{ verdict: 'Undecided', minute: 60 }, pass], 60).verdict).toBe('Undecided');
  });
});

describe('tuning', () => {
  const harmless = Array.from({ length: 200 }, (_, i) => sample(1 + i / 100, 1 + ((i * 7) % 200) / 100));

  test('fails no more of the harmless than it may, in errors and latency together', () => {
    const { threshold, mannWhitney } = tune(harmless, harmless, 0.01);
    for (const limits of [threshold.times, mannWhitney]) {
      const failed = harmless.filter(
        ({ mannWhitney: at }) => at.ratio > limits.ratio || at.latency > limits.latency,
      );
      expect(failed).toHaveLength(2);
    }
  });
  test('takes the configuration that finds most of the harmful', () => {
    const wanted = 17;
    const harmful = [
      {
        ...sample(0, 0),
        thresholds: CONFIGURATIONS.map((_, i) => ({ ratio: i === wanted ? 9 : 0, latency: 0 })),
      },
    ];
    expect(tune(harmless, harmful, 0.01).threshold).toMatchObject(CONFIGURATIONS[wanted] ?? {});
  });
});

describe('a task', () => {
  test('gives the same replicates however it is cut', () => {
    const whole = perform(task('small_err2', 0, 4), promoting).replicates;
    const cut = [
      ...perform(task('small_err2', 0, 3), promoting).replicates,
      ...perform(task('small_err2', 3, 4), promoting).replicates,
    ];
    expect(cut).toEqual(whole);
  });
  test('asks our judge wave by wave until one fails', () => {
    const seen: number[] = [];
    const { replicates } = perform(task('waves_null', 0, 1), ({ nodes }) => {
      seen.push(nodes.length);
      return seen.length < 2
        ? { verdict: 'Pass', minute: 20 }
        : { verdict: 'Fail', minute: 5, reason: 'MoreErrors' };
    });
    expect(seen).toEqual([50, 45]);
    expect(replicates[0]?.outcomes.Outrigger).toEqual({ verdict: 'Fail', minute: 65, reason: 'MoreErrors' });
  });
  test('has no rivals where they have no query', () => {
    const { replicates } = perform(task('mean_null', 0, 1), promoting);
    expect(replicates[0]?.outcomes).toEqual({ Outrigger: promoting() });
  });
});

const failing = (minute: number): Replicate => ({ outcomes: { Outrigger: { verdict: 'Fail', minute } } });

describe('the summary', () => {
  const held: Replicate = {
    outcomes: { Outrigger: { verdict: 'Undecided', minute: 60, reason: 'TooFewNodes' } },
  };

  test('counts minutes from the start of the harm, and not those that failed before it', () => {
    const [ours] = summarise(scenarioNamed('late_err2'), [
      failing(20),
      failing(34),
      failing(40),
      held,
    ]).judges;
    expect(ours).toMatchObject({
      rolledBack: 3,
      medianMinute: 4,
      p90Minute: 10,
      halfFound: 4,
      mostFound: undefined,
    });
    expect(ours?.power[33]).toBe(0.5);
    expect(ours?.reasons).toEqual({ TooFewNodes: 1 });
  });
  test('sets our delay beside the limit', () => {
    // Certain from minute 2 on, at every look.
    const oracle = new Float64Array(59).fill(50);
    const summary = summarise(
      scenarioNamed('err2'),
      [6, 6, 8].map((minute) => ({ ...failing(minute), oracle })),
    );
    expect(summary.limit).toMatchObject({ halfFound: 2, mostFound: 2, oracleHalfFound: 2 });
    expect(summary.delayRatios).toMatchObject({ half: 3, most: 4, oracleHalf: 3 });
    expect(summary.limit?.power.slice(0, 2)).toEqual([0, 1]);
  });
});

describe('what is printed', () => {
  const summaries: readonly ScenarioSummary[] = ['small_null', 'small_err2'].map((name) =>
    summarise(scenarioNamed(name), perform(task(name, 0, 2), promoting).replicates),
  );

  test('has a row for each scenario and a column for each judge', () => {
    const [head, , row, none] = harmlessTable(summaries).split('\n');
    for (const title of Object.values(JUDGE_TITLES)) expect(head).toContain(title);
    expect(row).toContain('8 nodes with 2 candidates, no effect | 0 % (0/2); promoted 100 % at 21 |');
    expect(none).toBeUndefined();
    expect(harmfulTable(summaries)).toContain(
      '8 nodes with 2 candidates, errors × 2 | 0 %; promoted 100 % |',
    );
    expect(limitTable(summaries)).toContain('× limit');
  });
  test('takes its place in the page', () => {
    const page = 'a\n<!-- table: x -->\nold\n<!-- end -->\nb\n<!-- table: y -->\n<!-- end -->\n';
    expect(withTable(page, 'y', 'new')).toBe(page.replace('y -->\n', 'y -->\nnew\n'));
    expect(withTable(page, 'x', 'new')).not.toContain('old');
    expect(() => withTable(page, 'z', 'new')).toThrow(/no place for the table "z"/);
  });
  test('is drawn: every shown scenario exists, every number is one', () => {
    const all = SCENARIOS.map((scenario) => ({
      ...(summaries[1] ?? fail()),
      scenario: scenario.name,
      title: `<${scenario.name}>`,
    }));
    for (const [plot, rows] of [
      [powerPlot(all), 6],
      [falseRollbackPlot(all), 8],
      [delayPlot(all), 14],
    ] as const) {
      expect(plot).not.toMatch(/NaN|undefined|Infinity/);
      expect(plot.match(/&lt;[a-z0-9_.]+&gt;/g)).toHaveLength(rows);
    }
  });
});

function fail(): never {
  throw new Error('nothing to draw');
}
