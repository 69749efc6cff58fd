import { describe, expect, it } from 'vitest';
import { anyOf, equalAll } from './matcher.ts';
import { promqlDuration } from './promql-duration.ts';
import { ratioQuery } from './ratio-query.ts';
import { ratioSamples } from './ratio-samples.ts';

const OPTIONS = {
  groupBy: 'pod',
  matchers: [...equalAll({ cluster: 'edge' }), anyOf('pod', ['a', 'b'])],
  resolution: 60_000,
};

describe('ratioQuery', () => {
  it('asks for both counts of all pods at once', () => {
    expect(ratioQuery({ bad: 'req_total{code=~"5.."}', total: 'req_total' }, OPTIONS)).toEqual({
      query:
        'label_replace(sum by (pod) (increase(req_total{cluster="edge",pod=~"a|b",code=~"5.."}[1m])), "outrigger_part", "bad", "", "")' +
        ' or label_replace(sum by (pod) (increase(req_total{cluster="edge",pod=~"a|b"}[1m])), "outrigger_part", "total", "", "")',
    });
  });

  it.each([
    ['rate(req_total[1m])', 'req_total', 'ratio.bad must be the selector of a counter'],
    ['req_total', 'sum(req_total)', 'ratio.total must be the selector of a counter'],
    ['req_total[5m]', 'req_total', 'ratio.bad must be the selector of a counter'],
    ['req_total{', 'req_total', 'ratio.bad is not a PromQL expression: line 1, column 11'],
  ])('refuses %s of %s', (bad, total, message) => {
    expect(ratioQuery({ bad, total }, OPTIONS)).toEqual({ error: expect.stringContaining(message) });
  });

  it.each([
    [60_000, '1m'],
    [90_000, '90s'],
    [7_200_000, '2h'],
    [1500, '1500ms'],
  ])('writes %d ms as %s', (ms, expected) => {
    expect(promqlDuration(ms)).toBe(expected);
  });
});

describe('ratioSamples', () => {
  const bad = { pod: 'a', outrigger_part: 'bad' };
  const total = { pod: 'a', outrigger_part: 'total' };

  it('takes failures that have no series yet for none', () => {
    expect(ratioSamples([{ labels: total, points: [[1000, 5]] }], 'pod')).toEqual([
      { key: 'a', minutes: [{ at: 1000, total: 5, bad: 0 }] },
    ]);
  });

  it('takes a pod that has failures and no total for absent', () => {
    expect(ratioSamples([{ labels: bad, points: [[1000, 5]] }], 'pod')).toEqual([]);
  });

  it('joins the parts by time, and passes on what is no number', () => {
    const series = [
      {
        labels: bad,
        points: [
          [2000, Number.NaN],
          [3000, 2],
          [4000, 1],
        ] as const,
      },
      {
        labels: total,
        points: [
          [1000, 5],
          [2000, 6],
          [3000, 7],
        ] as const,
      },
      { labels: { outrigger_part: 'total' }, points: [[1000, 99]] as const },
    ];
    expect(ratioSamples(series, 'pod')).toEqual([
      {
        key: 'a',
        minutes: [
          { at: 1000, total: 5, bad: 0 },
          { at: 2000, total: 6, bad: Number.NaN },
          { at: 3000, total: 7, bad: 2 },
        ],
      },
    ]);
  });
});
