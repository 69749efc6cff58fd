import { array, assert, asyncProperty, integer, option, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evidence, MinuteSample } from '../../judge/evidence.ts';
import type { MetricsRequest } from '../ports/metrics-source.ts';
import type { EvidenceLook, LookResult } from './evidence-cache.ts';
import { EvidenceCache } from './evidence-cache.ts';
import type { JudgedNode } from './judged-node.ts';

const MINUTE = 60_000;
const FROM = 1000 * MINUTE;
const ERRORS = { name: 'errors', query: { kind: 'ratio', bad: 'bad', total: 'total' } } as const;
const LATENCY = { name: 'latency', query: { kind: 'latency', histogram: 'seconds' } } as const;

/** What a Prometheus has of one key's step, and the minute from which on it shows it. */
type Truth = (
  key: string,
  step: number,
) => { readonly sample: Partial<MinuteSample>; readonly seen: number } | undefined;

/** A source that has samples by a rule; coarse steps are there as one number. */
class FakeSource {
  readonly asked: MetricsRequest[] = [];
  minute = 0;
  down = false;
  readonly #truth: Truth;
  readonly #answer: Partial<Evidence>;

  constructor(truth: Truth, answer: Partial<Evidence> = {}) {
    this.#truth = truth;
    this.#answer = answer;
  }

  fetch(request: MetricsRequest): Promise<Evidence> {
    this.asked.push(request);
    if (this.down) {
      return Promise.resolve({ kind: 'unavailable', reason: 'QueryTimeout', message: 'no answer' });
    }
    const { window, keys } = request;
    const samples = keys.map((key) => {
      const minutes: MinuteSample[] = [];
      for (let at = window.from + window.resolution; at <= window.to; at += window.resolution) {
        const truth = this.#truth(key, (at - FROM) / MINUTE - 1);
        if (truth !== undefined && truth.seen <= this.minute) minutes.push({ at, ...truth.sample });
      }
      return { key, minutes };
    });
    return Promise.resolve({ kind: 'samples', samples, ...this.#answer } as Evidence);
  }
}

const node = (name: string, more: Partial<JudgedNode> = {}): JudgedNode => ({
  node: name,
  cohort: 'orin',
  candidate: false,
  key: `${name}-pod`,
  historyKey: `${name}-pod`,
  ...more,
});

const lookAt = (
  minute: number,
  nodes: readonly JudgedNode[],
  more: Partial<EvidenceLook> = {},
): EvidenceLook => ({
  owner: 'vision/defects',
  subject: 'abc.1/canary',
  connection: undefined,
  groupBy: 'pod',
  nodes,
  metrics: [ERRORS],
  from: FROM,
  resolution: MINUTE,
  historyEnd: FROM,
  history: 120 * MINUTE,
  now: FROM + minute * MINUTE,
  until: FROM + minute * MINUTE,
  ...more,
});

const always: Truth = (key, step) => ({ sample: { total: 2000 + step, bad: key.length }, seen: -Infinity });

const looks = async (
  cache: EvidenceCache,
  source: FakeSource,
  minutes: readonly number[],
  nodes: readonly JudgedNode[],
  more: Partial<EvidenceLook> = {},
): Promise<LookResult> => {
  let result: LookResult | undefined;
  for (const minute of minutes) {
    source.minute = minute;
    result = await cache.look(lookAt(minute, nodes, more));
  }
  if (result === undefined) throw new Error('no look was taken');
  return result;
};

const cacheOf = (source: FakeSource): EvidenceCache => new EvidenceCache(source, () => Promise.resolve());
const range = (first: number, end: number): number[] =>
  Array.from({ length: end - first }, (_, index) => first + index);

describe('what is asked', () => {
  it('asks history once, and then only for what is new', async () => {
    const source = new FakeSource(always);
    const cache = cacheOf(source);
    const nodes = [node('a', { candidate: true, historyKey: 'a-old' }), node('b')];
    const result = await looks(cache, source, [2, 3, 5], nodes, { history: 24 * 60 * MINUTE });
    const asked = source.asked.map(({ window, keys }) => ({
      keys,
      from: (window.from - FROM) / MINUTE,
      to: (window.to - FROM) / MINUTE,
      width: window.resolution / MINUTE,
    }));
    expect(asked).toEqual([
      { keys: ['a-pod', 'b-pod'], from: 0, to: 2, width: 1 },
      { keys: ['a-old', 'b-pod'], from: -120, to: 0, width: 1 },
      { keys: ['a-old', 'b-pod'], from: -1440, to: -120, width: 10 },
      { keys: ['a-pod', 'b-pod'], from: 2, to: 3, width: 1 },
      { keys: ['a-pod', 'b-pod'], from: 3, to: 5, width: 1 },
    ]);
    const [a] = result.tracks;
    expect(a?.minutes).toEqual(range(-120, 5));
    expect(a?.series['errors']).toMatchObject({
      total: range(-120, 5).map((step) => 2000 + step),
      bad: [...range(-120, 0), ...range(0, 5)].map(() => 5),
    });
    expect(result.coarse('a')).toMatchObject({
      name: 'a',
      width: 10,
      minutes: range(0, 132).map((i) => 10 * i - 1440),
    });
  });

  it('leaves the time out in which nodes were changed', async () => {
    const source = new FakeSource(always);
    const nodes = [node('a', { key: 'a', historyKey: 'a', candidate: true })];
    const result = await looks(cacheOf(source), source, [1], nodes, { historyEnd: FROM - 7.5 * MINUTE });
    expect(result.tracks[0]?.minutes).toEqual([...range(-128, -8), 0]);
  });

  it('does not ask for steps that are not over, and never for a look without new ones', async () => {
    const source = new FakeSource(always);
    const cache = cacheOf(source);
    await looks(cache, source, [1], [node('a')], { until: FROM + 59_999, history: 0 });
    expect(source.asked).toEqual([]);
    await looks(cache, source, [1, 1, 1], [node('a')], { history: 0 });
    expect(source.asked).toHaveLength(1);
  });

  it('asks for few pods at a time, and for few queries a look', async () => {
    const source = new FakeSource((key, step) =>
      // A fifth of the fleet is dark for good.
      key.endsWith('7-pod') || key.endsWith('3-pod') ? undefined : always(key, step),
    );
    const cache = cacheOf(source);
    const nodes = range(0, 2500).map((index) => node(`n${index}`));
    await looks(cache, source, [1], nodes);
    expect(
      source.asked.every(
        ({ window, keys }) =>
          keys.length <= 1024 && keys.length * ((window.to - window.from) / MINUTE) <= 32_768,
      ),
    ).toBe(true);
    for (const minute of [2, 3, 4, 6, 10, 30, 31]) {
      source.asked.length = 0;
      await looks(cache, source, [minute], nodes);
      // Three for what is new, one for each of two stretches in which something is missing.
      expect(source.asked.length).toBeLessThanOrEqual(5);
    }
  });

  it('drops what it has with the candidate, and asks all again for the next one', async () => {
    const source = new FakeSource(always);
    const cache = cacheOf(source);
    await looks(cache, source, [5], [node('a')]);
    const first = source.asked.length;
    await looks(cache, source, [5], [node('a')]);
    expect(source.asked).toHaveLength(first);
    await looks(cache, source, [5], [node('a')], { subject: 'abc.2/canary' });
    expect(source.asked).toHaveLength(2 * first);
    cache.drop('vision/defects');
    await looks(cache, source, [5], [node('a')], { subject: 'abc.2/canary' });
    expect(source.asked).toHaveLength(3 * first);
  });
});

describe('what is late', () => {
  it('comes in once it is there, and the step says when', async () => {
    // Steps 10 to 19 of b arrive at minute 25.
    const source = new FakeSource((key, step) =>
      key === 'b-pod' && step >= 10 && step < 20
        ? { sample: { total: 1, bad: 0 }, seen: 25 }
        : always(key, step),
    );
    const cache = cacheOf(source);
    const nodes = [node('a'), node('b')];
    const before = await looks(cache, source, range(1, 25), nodes);
    expect(before.tracks[1]?.minutes).toEqual([...range(-120, 10), ...range(20, 24)]);
    const after = await looks(cache, source, range(25, 60), nodes);
    const [, b] = after.tracks;
    expect(b?.minutes).toEqual(range(-120, 59));
    const arrived = b?.arrived?.slice(120) ?? [];
    // Each was there at the look after it; those that came late at one of the looks from minute 25 on.
    expect(arrived.slice(0, 10)).toEqual(range(1, 11));
    for (const minute of arrived.slice(10, 20)) {
      expect(minute).toBeGreaterThanOrEqual(25);
      expect(minute).toBeLessThanOrEqual(31);
    }
    expect(after.tracks[0]?.arrived?.slice(0, 3)).toEqual([-119, -118, -117]);
  });

  it('is asked for ever more seldom while nothing comes', async () => {
    const source = new FakeSource((key, step) =>
      key === 'b-pod' && step >= 5 ? undefined : always(key, step),
    );
    const cache = cacheOf(source);
    await looks(cache, source, range(1, 301), [node('a'), node('b')]);
    const again = source.asked.filter(({ keys }) => keys.length === 1);
    expect(again.length).toBeGreaterThan(3);
    expect(again.length).toBeLessThan(12);
    expect(again.every(({ keys }) => keys[0] === 'b-pod')).toBe(true);
  });

  it('is asked for at once when the node is back', async () => {
    const source = new FakeSource((key, step) =>
      key === 'b-pod' && step >= 5 && step < 100
        ? { sample: { total: 1, bad: 0 }, seen: 100 }
        : always(key, step),
    );
    const cache = cacheOf(source);
    const result = await looks(cache, source, range(1, 104), [node('a'), node('b')]);
    expect(result.tracks[1]?.minutes).toEqual(range(-120, 103));
  });

  it('after a time in which nobody asked, counts as seen when it was over', async () => {
    const source = new FakeSource(always);
    const result = await looks(cacheOf(source), source, [30], [node('a')], { history: 0 });
    expect(result.tracks[0]?.arrived).toEqual(range(1, 31));
  });
});

describe('what goes wrong', () => {
  it('looks up how often is scraped where most pods lack samples, and only there', async () => {
    let dark = ['a-pod', 'b-pod', 'c-pod'];
    const source = new FakeSource((key, step) => (dark.includes(key) ? undefined : always(key, step)), {
      scrapesPerSample: 1,
    } as Partial<Evidence>);
    const cache = cacheOf(source);
    const nodes = [node('a'), node('b'), node('c')];
    const counted = (): number => source.asked.filter(({ countScrapes }) => countScrapes === true).length;
    const fewScrapes = await looks(cache, source, [1, 2, 3, 4, 5], nodes);
    expect(counted()).toBe(1);
    expect(fewScrapes.metrics.get('errors')).toEqual({ scrapesPerSample: 1 });
    dark = ['c-pod'];
    await looks(cache, source, range(6, 60), nodes);
    const before = counted();
    await looks(cache, source, range(60, 200), nodes);
    expect(counted()).toBe(before);
  });

  it('is said, with what was known before, and asked again', async () => {
    const source = new FakeSource(always);
    const cache = cacheOf(source);
    await looks(cache, source, [1, 2], [node('a')]);
    source.down = true;
    const failed = await looks(cache, source, [3], [node('a')]);
    expect(failed.metrics.get('errors')?.problem).toMatchObject({ reason: 'QueryTimeout' });
    expect(failed.tracks[0]?.minutes).toEqual(range(-120, 2));
    source.down = false;
    const again = await looks(cache, source, [4], [node('a')]);
    expect(again.metrics.get('errors')?.problem).toBeUndefined();
    expect(again.tracks[0]?.minutes).toEqual(range(-120, 4));
  });

  it('a node without samples has an empty track; NaN is a missing sample', async () => {
    const source = new FakeSource((key, step) =>
      key === 'b-pod' ? { sample: { total: Number.NaN, bad: 0 }, seen: 0 } : always(key, step),
    );
    const result = await looks(cacheOf(source), source, [3], [node('a'), node('b')]);
    expect(result.tracks[1]).toMatchObject({
      name: 'b',
      minutes: [],
      series: { errors: { total: [], bad: [] } },
    });
  });

  it('a pod that was made anew goes on for its node', async () => {
    const source = new FakeSource((key, step) =>
      (key === 'old' && step <= 5) || (key === 'new' && step >= 5)
        ? { sample: { total: 10, bad: 1 }, seen: 0 }
        : undefined,
    );
    const cache = cacheOf(source);
    await looks(cache, source, [5], [node('a', { key: 'old' })], { history: 0 });
    const result = await looks(cache, source, [9], [node('a', { key: 'new' })], { history: 0 });
    expect(result.tracks[0]?.minutes).toEqual(range(0, 9));
    // In step 5 both had requests.
    expect(result.tracks[0]?.series['errors']).toMatchObject({ total: [10, 10, 10, 10, 10, 20, 10, 10, 10] });
  });

  it('pods with other buckets are named', async () => {
    const source = new FakeSource((_, step) => ({ sample: { buckets: [step + 200, 1] }, seen: -Infinity }), {
      bounds: [1],
      histograms: 'Classic',
      bucketsDiffer: 'the histograms of x have other bounds',
    } as Partial<Evidence>);
    const result = await looks(cacheOf(source), source, [3], [node('a')], { metrics: [LATENCY] });
    expect(result.metrics.get('latency')).toEqual({
      bounds: [1],
      histograms: 'Classic',
      problem: {
        kind: 'unavailable',
        reason: 'BucketsDiffer',
        message: 'the histograms of x have other bounds',
      },
    });
  });
});

describe('several metrics', () => {
  it('share a track; each is measured on its own nodes', async () => {
    const source = new FakeSource((key, step) =>
      step % 2 === 0 || key === 'a-pod'
        ? { sample: { total: 5, bad: 1, sum: 2.5, count: 5 }, seen: -Infinity }
        : undefined,
    );
    const mean = {
      name: 'confidence',
      query: { kind: 'mean', sum: 's', count: 'c' },
      nodes: new Set(['a']),
    } as const;
    const result = await looks(cacheOf(source), source, [2], [node('a'), node('b')], {
      metrics: [ERRORS, mean],
      history: 0,
    });
    expect(result.tracks.map(({ series }) => series)).toEqual([
      { errors: { total: [5, 5], bad: [1, 1] }, confidence: { sum: [2.5, 2.5], count: [5, 5] } },
      { errors: { total: [5], bad: [1] } },
    ]);
  });
});

describe('whatever comes in which order', () => {
  const KEYS = ['a', 'b', 'c'];
  const arrival = option(integer({ min: 0, max: 40 }), { nil: undefined, freq: 5 });

  it('in the end there is what Prometheus has, and nothing else', async () => {
    await assert(
      asyncProperty(
        array(array(arrival, { minLength: 30, maxLength: 30 }), { minLength: 3, maxLength: 3 }),
        uniqueArray(integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 }),
        uniqueArray(integer({ min: 1, max: 60 }), { maxLength: 10 }),
        async (delays, minutes, downAt) => {
          const truth: Truth = (key, step) => {
            const delay = delays[KEYS.indexOf(key)]?.[step];
            return delay === undefined
              ? undefined
              : { sample: { total: step + 1, bad: 1 }, seen: step + 1 + delay };
          };
          const source = new FakeSource(truth);
          const cache = cacheOf(source);
          const nodes = KEYS.map((key) => node(key, { key, historyKey: key }));
          for (const minute of minutes.toSorted((a, b) => a - b)) {
            source.down = downAt.includes(minute);
            await looks(cache, source, [minute], nodes, { history: 0 });
          }
          source.down = false;
          // Long enough for the longest pause between two questions.
          const result = await looks(cache, source, range(61, 200), nodes, { history: 0 });
          for (const [index, track] of result.tracks.entries()) {
            expect(track.minutes).toEqual(range(0, 30).filter((step) => delays[index]?.[step] !== undefined));
            expect(track.series['errors']).toEqual({
              total: track.minutes.map((step) => step + 1),
              bad: track.minutes.map(() => 1),
            });
            for (const [at, step] of track.minutes.entries()) {
              const arrived = track.arrived?.[at] ?? -1;
              expect(arrived).toBeGreaterThan(step);
              expect(arrived).toBeLessThanOrEqual(199);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
