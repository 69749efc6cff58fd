import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../virtual-clock.ts';
import { PrometheusDouble } from './prometheus-double.ts';
import type { Target } from './target.ts';

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly resultType: string;
    readonly result: readonly {
      readonly metric: Record<string, string>;
      readonly value: [number, string];
      readonly values: [number, string][];
    }[];
  };
}

describe('the simulated Prometheus', () => {
  let clock: VirtualClock;
  let prometheus: PrometheusDouble;
  let targets: Target[];
  let page: string | undefined;
  let over: AbortController;

  beforeEach(() => {
    clock = new VirtualClock();
    over = new AbortController();
    page =
      '# TYPE c counter\nc{code="200"} 5\nb_bucket{le="1"} 2\nb_bucket{le="+Inf"} 3\npod{pod="mine"} 1\n';
    targets = [{ labels: { pod: 'a', job: 'models' }, scrape: () => page }];
    prometheus = new PrometheusDouble({ clock, targets: () => targets, scrapeInterval: 15_000 });
    void prometheus.run(over.signal);
  });

  afterEach(() => over.abort());

  const send = (path: string, fields: Record<string, string>, timeout = 10_000, maxBytes = 1e6) =>
    prometheus.exchange({
      url: `http://prometheus:9090/prefix/api/v1/${path}`,
      headers: {},
      body: new URLSearchParams(fields).toString(),
      timeout,
      maxBytes,
    });
  const ask = async (path: string, fields: Record<string, string>): Promise<Answer> => {
    const result = await send(path, fields);
    if (result.kind !== 'answer') throw new Error(result.message);
    return JSON.parse(result.body) as Answer;
  };
  const query = async (text: string) => (await ask('query', { query: text })).data.result;

  it('gives every series the labels of its target, which win', async () => {
    await clock.advance(20_000);
    expect((await query('c')).map(({ metric }) => metric)).toEqual([
      { __name__: 'c', code: '200', pod: 'a', job: 'models' },
    ]);
    expect((await query('b_bucket')).map(({ metric }) => metric['le'])).toEqual(['1.0', '+Inf']);
    expect((await query('pod'))[0]?.metric).toEqual({
      __name__: 'pod',
      pod: 'a',
      exported_pod: 'mine',
      job: 'models',
    });
    expect((await query('up'))[0]?.value[1]).toBe('1');
  });

  it('scrapes each target once in an interval', async () => {
    await clock.advance(300_000);
    expect((await query('count_over_time(c[2m])'))[0]?.value[1]).toBe('8');
  });

  it('marks what a failed scrape did not bring, and says that the target is down', async () => {
    await clock.advance(60_000);
    page = undefined;
    await clock.advance(15_000);
    expect(await query('c')).toEqual([]);
    expect((await query('up'))[0]?.value[1]).toBe('0');
    page = 'c{code="200"} 6\n';
    await clock.advance(15_000);
    expect((await query('c'))[0]?.value[1]).toBe('6');
    expect(await query('b_bucket')).toEqual([]);
  });

  it('marks everything of a target that vanished', async () => {
    await clock.advance(60_000);
    targets = [];
    await clock.advance(15_000);
    expect(await query('c')).toEqual([]);
    expect(await query('up')).toEqual([]);
  });

  it('answers a range with a point for each step at which there is something', async () => {
    const start = clock.now();
    await clock.advance(60_000);
    const { data } = await ask('query_range', {
      query: 'c',
      start: String((start - 60_000) / 1_000),
      end: String((start + 60_000) / 1_000),
      step: '30s',
    });
    expect(data.resultType).toBe('matrix');
    const times = data.result[0]?.values.map(([time]) => time - start / 1_000);
    expect(times?.at(-1)).toBe(60);
    expect(times?.every((time) => time >= 0)).toBe(true);
    expect(new Set(data.result[0]?.values.map(([, value]) => value))).toEqual(new Set(['5']));
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['query', { query: 'sum(' }, 400, 'parse error'],
    ['query', { query: 'c', time: 'now' }, 400, 'cannot parse "now" to a valid timestamp'],
    ['query_range', { query: 'c', start: '0', end: '100000', step: '1' }, 400, 'exceeded maximum resolution'],
    [
      'query_range',
      { query: 'c', start: '2', end: '1', step: '1' },
      400,
      'end timestamp must not be before start',
    ],
    ['query_range', { query: 'c', start: '1', end: '2', step: '0' }, 400, 'zero or negative'],
  ])('refuses %s of %o', async (path, fields, status, words) => {
    const result = await send(path, fields);
    expect(result).toMatchObject({ kind: 'answer', status });
    expect(result.kind === 'answer' ? (JSON.parse(result.body) as Answer).error : '').toContain(words);
  });

  it('can be down, slow, empty, failing, and stand still', async () => {
    await clock.advance(60_000);
    prometheus.fault = { kind: 'down' };
    expect(await send('query', { query: 'c' })).toEqual({
      kind: 'unreachable',
      message: 'connect ECONNREFUSED prometheus:9090',
    });
    prometheus.fault = { kind: 'slow', ms: 30_000 };
    const slow = send('query', { query: 'c' });
    await clock.advance(10_000);
    expect(await slow).toEqual({ kind: 'timeout', message: 'no answer within 10 s' });
    prometheus.fault = { kind: 'empty' };
    expect(await query('c')).toEqual([]);
    prometheus.fault = { kind: 'failing', status: 503 };
    expect(await send('query', { query: 'c' })).toMatchObject({ kind: 'answer', status: 503 });
    prometheus.fault = { kind: 'none' };
    expect(await send('query', { query: 'c' }, 10_000, 10)).toMatchObject({ kind: 'tooLarge' });
    prometheus.stale = true;
    await clock.advance(120_000);
    expect(await query('c')).toHaveLength(1);
    expect(await query('increase(c[1m])')).toEqual([]);
    await clock.advance(300_000);
    expect(await query('c')).toEqual([]);
  });
});
