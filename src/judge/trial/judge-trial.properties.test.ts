import { describe, expect, test } from 'vitest';
import { randomStream } from '../random.ts';
import { plainTrial } from './fixtures/plain-trial.ts';
import { judgeTrial } from './judge-trial.ts';
import type { Series, Track, Trial } from './trial.ts';

const HEALTHY = plainTrial();
const HARMED = plainTrial({ factor: 5 });

describe('what a verdict does not depend on', () => {
  test('the order of nodes, of samples, and of metrics in a node', () => {
    for (const trial of [HEALTHY, HARMED]) {
      expect(judgeTrial({ ...trial, nodes: shuffled(trial.nodes.map(shuffledSamples)) })).toEqual(
        judgeTrial(trial),
      );
    }
  });

  test('a sample that is there twice', () => {
    const twice = mapNodes(HARMED, (node) => ({
      ...node,
      minutes: [...node.minutes, ...node.minutes],
      series: mapSeries(node, (values) => [...values, ...values]),
    }));
    expect(judgeTrial(twice)).toEqual(judgeTrial(HARMED));
  });

  test('a shock that comes over both arms in the same minutes', () => {
    const shaken = mapNodes(HEALTHY, (node) => ({
      ...node,
      series: mapSeries(node, (values, name) =>
        name === 'bad' ? values.map((value, at) => (value ?? 0) * (at % 20 < 5 ? 3 : 1)) : values,
      ),
    }));
    expect(judgeTrial(shaken).final.verdict).not.toBe('Fail');
  });

  test('a NaN, a null and a sample that never arrived are the same: missing', () => {
    const hole = (value: number | null): Trial =>
      mapNodes(HARMED, (node, index) => ({
        ...node,
        series: mapSeries(node, (values) =>
          values.map((each, at) => ((at + index) % 7 === 0 ? value : each)),
        ),
      }));
    const never = mapNodes(HARMED, (node, index) => ({
      ...node,
      arrived: node.minutes.map((minute, at) => ((at + index) % 7 === 0 ? null : minute)),
    }));
    const expected = judgeTrial(hole(null));
    expect(judgeTrial(hole(NaN))).toEqual(expected);
    expect(judgeTrial(never)).toEqual(expected);
    expect(expected).not.toEqual(judgeTrial(HARMED));
  });
});

describe('evidence that is not there never passes', () => {
  test('the trial passes with all of it', () => {
    expect(judgeTrial(HEALTHY).final).toMatchObject({ verdict: 'Pass', reason: 'WithinMargin' });
  });

  const without: readonly (readonly [string, string, (node: Track, index: number) => boolean])[] = [
    ['the candidates', 'NoCandidateData', ({ candidate }) => candidate],
    ['the controls', 'NoControlData', ({ candidate }) => !candidate],
    ['everything', 'NoData', () => true],
    ['a cohort', 'NoData', ({ cohort }) => cohort === 'b'],
    ['the candidates of a cohort', 'NoCandidateData', (node) => node.candidate && node.cohort === 'a'],
  ];
  test.each(without)('without the samples of %s: %s', (_, reason, gone) => {
    const silent = mapNodes(HEALTHY, (node, index) =>
      gone(node, index)
        ? { ...node, arrived: node.minutes.map((minute) => (minute < 0 ? minute : null)) }
        : node,
    );
    const { final, looks } = judgeTrial(silent);
    expect(final).toMatchObject({ verdict: 'Undecided', reason });
    expect(looks.every(({ verdict }) => verdict === 'Undecided')).toBe(true);
  });

  test('without the nodes of an arm', () => {
    expect(
      judgeTrial({ ...HEALTHY, nodes: HEALTHY.nodes.filter(({ candidate }) => !candidate) }).final,
    ).toMatchObject({
      verdict: 'Undecided',
      reason: 'NoCandidates',
    });
    expect(
      judgeTrial({ ...HEALTHY, nodes: HEALTHY.nodes.filter(({ candidate }) => candidate) }).final,
    ).toMatchObject({
      verdict: 'Undecided',
      reason: 'NoControls',
    });
    expect(judgeTrial({ ...HEALTHY, nodes: [] }).final.verdict).toBe('Undecided');
  });

  test('without more than a fifth of the node-minutes, wherever they are', () => {
    for (const seed of ['1', '2', '3', '4', '5']) {
      const random = randomStream(seed);
      const holey = mapNodes(HEALTHY, (node) => ({
        ...node,
        arrived: node.minutes.map((minute) => (random() < 0.27 ? null : minute)),
      }));
      expect(judgeTrial(holey).final).toMatchObject({ verdict: 'Undecided', reason: 'PartialData' });
    }
  });

  test('a candidate that serves nobody is no evidence', () => {
    const idle = mapNodes(HEALTHY, (node) => ({
      ...node,
      series: mapSeries(node, (values) =>
        node.candidate ? values.map((value, at) => ((node.minutes[at] ?? 0) >= 0 ? 0 : value)) : values,
      ),
    }));
    expect(judgeTrial(idle).final).toMatchObject({ verdict: 'Undecided', reason: 'TooFewRequests' });
  });
});

test('late samples are judged when they arrive', () => {
  const late = mapNodes(HARMED, (node) => ({
    ...node,
    arrived: node.minutes.map((minute) => (node.candidate && minute >= 0 ? Math.max(minute, 14) : minute)),
  }));
  const { looks } = judgeTrial(late);
  expect(looks.map(({ minute, verdict }) => [minute, verdict])).toEqual([
    [5, 'Undecided'],
    [10, 'Undecided'],
    [15, 'Fail'],
    [20, 'Fail'],
    [30, 'Fail'],
  ]);
});

test('the same seed gives the same verdict, another one other draws of the same worth', () => {
  expect(judgeTrial(HARMED)).toEqual(judgeTrial(HARMED));
  expect(judgeTrial({ ...HARMED, seed: 'other' }).final).toEqual(judgeTrial(HARMED).final);
});

test('k times the counts of nodes that differ as much never widens an interval', () => {
  const widths = [300, 900, 3000, 9000].map((requests) => {
    const errors = judgeTrial(plainTrial({ requests })).looks.at(-1)?.metrics[0];
    return (errors?.upper ?? NaN) - (errors?.lower ?? NaN);
  });
  expect(widths).toEqual(widths.toSorted((a, b) => b - a));
});

test('thin traffic says how long it would take', () => {
  const { looks } = judgeTrial(plainTrial({ requests: 8, errorRate: 1e-5, minutes: 20, looks: [20] }));
  expect(looks[0]).toMatchObject({ verdict: 'Undecided', reason: 'HarmNotRuledOut' });
  expect(looks[0]?.message).toMatch(/takes about \d+m/);
});

function shuffled<Item>(items: readonly Item[]): readonly Item[] {
  const random = randomStream('shuffle');
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function shuffledSamples(node: Track): Track {
  const order = shuffled(node.minutes.map((_, at) => at));
  const pick = <Item>(values: readonly Item[]): Item[] => order.flatMap((at) => values.slice(at, at + 1));
  return { ...node, minutes: pick(node.minutes), series: mapSeries(node, pick) };
}

function mapNodes(trial: Trial, change: (node: Track, index: number) => Track): Trial {
  return { ...trial, nodes: trial.nodes.map(change) };
}

function mapSeries(
  { series }: Track,
  change: (values: readonly (number | null)[], name: string) => readonly (number | null)[],
): Record<string, Series> {
  return Object.fromEntries(
    Object.entries(series).map(([metric, own]) => [
      metric,
      Object.fromEntries(
        Object.entries(own).map(([name, values]) => [name, change(values, name)]),
      ) as unknown as Series,
    ]),
  );
}
