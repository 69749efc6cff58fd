import { describe, expect, it } from 'vitest';
import { classicBuckets } from './classic-buckets.ts';
import { histogramQuery, scrapedSelectors } from './histogram-query.ts';
import { histogramSamples } from './histogram-samples.ts';
import { anyOf } from './matcher.ts';
import { meanQuery } from './mean-query.ts';
import { meanSamples } from './mean-samples.ts';
import { isExponential, nativeBuckets } from './native-buckets.ts';
import type { NativeBucket, Series } from './query-result.ts';

const OPTIONS = { groupBy: 'pod', matchers: [anyOf('pod', ['a', 'b'])], resolution: 60_000 };

const bucket = (pod: string, le: string, ...counts: readonly number[]): Series => ({
  labels: { pod, le, outrigger_part: 'bucket' },
  points: counts.map((count, index) => [60_000 * (index + 1), count]),
});
const native = (pod: string, ...steps: readonly (readonly NativeBucket[])[]): Series => ({
  labels: { pod, outrigger_part: 'native' },
  points: [],
  histograms: steps.map((buckets, index) => [60_000 * (index + 1), buckets]),
});
const b = (from: number, to: number, count: number): NativeBucket => ({ from, to, count });

describe('histogramQuery', () => {
  it('asks for both forms of all pods at once', () => {
    expect(histogramQuery('lat_seconds', 'latency.histogram', OPTIONS)).toEqual({
      query:
        'label_replace(sum by (pod, le) (increase(lat_seconds_bucket{pod=~"a|b"}[1m])), "outrigger_part", "bucket", "", "")' +
        ' or label_replace(sum by (pod) (increase(lat_seconds{pod=~"a|b"}[1m])), "outrigger_part", "native", "", "")',
    });
  });

  it('takes matchers too', () => {
    expect(histogramQuery('lat{path="/x_bucket"}', 'latency.histogram', OPTIONS)).toEqual({
      query: expect.stringContaining('increase(lat_bucket{pod=~"a|b",path="/x_bucket"}[1m])'),
    });
    expect(scrapedSelectors('lat{path="/x"}', 'drift.histogram')).toMatchObject([
      { text: 'lat_count{path="/x"}' },
      { text: 'lat{path="/x"}' },
    ]);
  });

  it.each([
    ['lat_bucket', /must be the name of a histogram without _bucket/u],
    ['{job="x"}', /must be the name of a histogram/u],
    ['rate(lat[1m])', /must be the name of a histogram/u],
    ['lat{', /is not a PromQL expression/u],
  ])('refuses %s', (histogram, message) => {
    expect(histogramQuery(histogram, 'latency.histogram', OPTIONS)).toEqual({
      error: expect.stringMatching(message),
    });
  });
});

const cumulative = (...counts: readonly (readonly [number, number])[]): ReadonlyMap<number, number> =>
  new Map(counts);

describe('classicBuckets', () => {
  it.each([
    ['in any order', cumulative([Infinity, 9], [1, 7], [0.1, 2]), [2, 5, 2]],
    [
      'with a bucket a little below the one before',
      cumulative([0.1, 20], [1, 19.5], [Infinity, 21]),
      [20, 0, 1],
    ],
    ['with +Inf below a bound', cumulative([0.1, 5], [1, 20.5], [Infinity, 20]), [5, 15.5, 0]],
    ['of nothing', cumulative([0.1, 0], [Infinity, 0]), [0, 0]],
    ['of a single bucket', cumulative([Infinity, 3]), [3]],
  ])('%s', (_, counts, expected) => {
    expect(classicBuckets(counts)?.map(({ count }) => count)).toEqual(expected);
  });

  it.each([
    ['without +Inf', cumulative([0.1, 2], [1, 7])],
    ['with NaN', cumulative([0.1, Number.NaN], [Infinity, 7])],
    ['with an infinite count', cumulative([0.1, 2], [Infinity, Infinity])],
    [
      'of two histograms with other bounds, added up',
      cumulative([0.1, 50], [0.2, 10], [1, 60], [Infinity, 100]),
    ],
  ])('%s is a missing sample', (_, counts) => {
    expect(classicBuckets(counts)).toBeUndefined();
  });
});

describe('nativeBuckets', () => {
  it('takes the zero bucket for the lowest, and leaves out what is below zero, of a latency', () => {
    const buckets = [b(-2, -1, 3), b(-0.001, 0.001, 4), b(1, 2, 5)];
    expect(nativeBuckets(buckets, true)).toEqual([
      { from: -Infinity, to: 0.001, count: 4 },
      { from: 1, to: 2, count: 5 },
    ]);
    expect(nativeBuckets(buckets, false)).toEqual(buckets);
  });

  it('says nothing of counts that are none', () => {
    expect(nativeBuckets([b(1, 2, Number.NaN)], true)).toBeUndefined();
    expect(nativeBuckets([b(1, 2, -1)], true)).toBeUndefined();
  });

  it('tells the buckets of a formula from others', () => {
    const fine = 2 ** (1 / 8);
    expect(isExponential([b(-0.001, 0.001, 1), b(fine ** 3, fine ** 4, 1), b(-2 * fine, -2, 1)])).toBe(true);
    expect(isExponential([b(1, 65_536, 1)])).toBe(true);
    expect(isExponential([b(0.1, 0.5, 1)])).toBe(false);
    expect(isExponential([b(-Infinity, 0.1, 1)])).toBe(false);
    expect(isExponential([b(1, Infinity, 1)])).toBe(false);
  });
});

describe('histogramSamples', () => {
  it('reads each step of each pod; a step in which a bucket is NaN is missing', () => {
    const series = [
      bucket('a', '0.1', 2, Number.NaN),
      bucket('a', '1.0', 7, 7),
      bucket('a', '+Inf', 9, 9),
      bucket('b', '0.1', 1),
      bucket('b', '1', 1),
      bucket('b', '+Inf', 1),
      bucket('', '+Inf', 1),
    ];
    expect(histogramSamples(series, 'pod', 'latency')).toEqual({
      bounds: [0.1, 1],
      histograms: 'Classic',
      samples: [
        { key: 'a', minutes: [{ at: 60_000, buckets: [2, 5, 2] }] },
        { key: 'b', minutes: [{ at: 60_000, buckets: [1, 0, 0] }] },
      ],
    });
  });

  it('counts a pod with both forms once, where its classic buckets are missing by the native ones', () => {
    const series = [
      bucket('a', '1', 10),
      bucket('a', '+Inf', 12),
      native('a', [b(0.5, 1, 10), b(1, 2, 2)], [b(0.5, 1, 20), b(1, 2, 4)]),
    ];
    expect(histogramSamples(series, 'pod', 'latency')).toEqual({
      bounds: [1],
      histograms: 'Mixed',
      samples: [
        {
          key: 'a',
          minutes: [
            { at: 60_000, buckets: [10, 2] },
            { at: 120_000, buckets: [20, 4] },
          ],
        },
      ],
    });
  });

  it('has a step without requests as zeros, and a pod without series not at all', () => {
    expect(histogramSamples([native('a', [], [b(1, 2, 3)])], 'pod', 'drift')).toEqual({
      bounds: [1, 2],
      histograms: 'Native',
      samples: [
        {
          key: 'a',
          minutes: [
            { at: 60_000, buckets: [0, 0, 0] },
            { at: 120_000, buckets: [0, 3, 0] },
          ],
        },
      ],
    });
    // A summary has series of the histogram's name, which are numbers.
    const summary: Series = { labels: { pod: 'a', outrigger_part: 'native' }, points: [[60_000, 5]] };
    expect(histogramSamples([summary], 'pod', 'drift')).toEqual({ samples: [] });
  });
});

const part = (pod: string, name: string, ...values: readonly number[]): Series => ({
  labels: { pod, outrigger_part: name },
  points: values.map((value, index) => [index, value]),
});

describe('means', () => {
  it('are asked for by two counters', () => {
    expect(meanQuery({ sum: 's', count: 'c' }, OPTIONS)).toEqual({
      query:
        'label_replace(sum by (pod) (increase(s{pod=~"a|b"}[1m])), "outrigger_part", "sum", "", "")' +
        ' or label_replace(sum by (pod) (increase(c{pod=~"a|b"}[1m])), "outrigger_part", "count", "", "")',
    });
    expect(meanQuery({ sum: 's', count: 'sum(c)' }, OPTIONS)).toEqual({
      error: expect.stringContaining('mean.count must be the selector'),
    });
  });

  it('need both, and numbers', () => {
    const series = [
      part('a', 'sum', 1.5, Number.NaN, 0, -2, 7),
      part('a', 'count', 2, 3, 0, 4, Infinity),
      part('b', 'count', 1),
      part('c', 'sum', 1),
    ];
    expect(meanSamples(series, 'pod')).toEqual([
      {
        key: 'a',
        minutes: [
          { at: 0, sum: 1.5, count: 2 },
          { at: 2, sum: 0, count: 0 },
          { at: 3, sum: -2, count: 4 },
        ],
      },
      { key: 'b', minutes: [] },
    ]);
  });
});
