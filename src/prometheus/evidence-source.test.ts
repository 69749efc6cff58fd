import { describe, expect, it } from 'vitest';
import type { MetricsRequest } from '../controller/ports/metrics-source.ts';
import { PrometheusEvidenceSource } from './evidence-source.ts';
import type { ExchangeRequest, ExchangeResult } from './http-exchange.ts';

const WINDOW = { from: 0, to: 120_000, resolution: 60_000 };
const REQUEST: MetricsRequest = {
  connection: {
    address: 'http://prom:9090/x/',
    headers: { 'X-Scope-OrgID': 'edge' },
    matchLabels: { cluster: 'edge' },
    timeout: 5000,
    secret: { token: 't' },
  },
  query: { kind: 'ratio', bad: 'req_total{code="500"}', total: 'req_total' },
  window: WINDOW,
  groupBy: 'pod',
  keys: ['a', 'b'],
  nodes: ['m', 'n'],
};

const answer = (result: unknown): ExchangeResult => ({
  kind: 'answer',
  status: 200,
  headers: {},
  body: JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }),
});
const part = (pod: string, name: string, ...values: readonly (readonly [number, string])[]): unknown => ({
  metric: { pod, outrigger_part: name },
  values,
});
const FULL = answer([
  part('a', 'total', [60, '10'], [120, '10']),
  part('a', 'bad', [60, '1'], [120, '0']),
  part('b', 'total', [60, '5'], [120, 'NaN']),
]);

const source = (
  ...answers: readonly ExchangeResult[]
): { readonly asked: ExchangeRequest[]; readonly source: PrometheusEvidenceSource } => {
  const asked: ExchangeRequest[] = [];
  return {
    asked,
    source: new PrometheusEvidenceSource((request) => {
      asked.push(request);
      const next = answers[asked.length - 1];
      return next === undefined ? Promise.reject(new Error('asked too often')) : Promise.resolve(next);
    }),
  };
};

const fieldsOf = (request: ExchangeRequest | undefined): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(request?.body));

const counts = (pod: string, values: readonly string[]) => ({
  metric: { pod },
  values: values.map((value, index) => [60 * (index - 1), value]),
});

const buckets = (pod: string): unknown => ({
  metric: { pod, outrigger_part: 'bucket', le: '+Inf' },
  values: [
    [60, '1'],
    [120, '1'],
  ],
});

describe('PrometheusEvidenceSource', () => {
  it('asks one query for all judged pods, and reads its samples', async () => {
    const { asked, source: it } = source(FULL);
    expect(await it.fetch(REQUEST)).toEqual({
      kind: 'samples',
      samples: [
        {
          key: 'a',
          minutes: [
            { at: 60_000, total: 10, bad: 1 },
            { at: 120_000, total: 10, bad: 0 },
          ],
        },
        {
          key: 'b',
          minutes: [
            { at: 60_000, total: 5, bad: 0 },
            { at: 120_000, total: Number.NaN, bad: 0 },
          ],
        },
      ],
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      url: 'http://prom:9090/x/api/v1/query_range',
      headers: {
        authorization: 'Bearer t',
        'x-scope-orgid': 'edge',
        'content-type': 'application/x-www-form-urlencoded',
      },
      timeout: 5000,
    });
    expect(fieldsOf(asked[0])).toMatchObject({
      start: '60.000',
      end: '120.000',
      step: '60.000',
      timeout: '5.000',
      query: expect.stringContaining('req_total{cluster="edge",pod=~"a|b",code="500"}[1m]'),
    });
  });

  it.each([
    { scraped: 'once or less in a step', a: ['1', '1', '1', '1'], b: ['1'], scrapesPerSample: 1 },
    { scraped: 'often, with a gap in time', a: ['3'], b: [], scrapesPerSample: 3 },
    { scraped: 'by the best pod', a: ['1'], b: ['2', '2'], scrapesPerSample: 2 },
  ])('asks how often is scraped where samples are missing: $scraped', async ({ a, b, scrapesPerSample }) => {
    const scrapes: ExchangeResult = {
      kind: 'answer',
      status: 200,
      headers: {},
      body: JSON.stringify({
        status: 'success',
        data: { resultType: 'matrix', result: [counts('a', a), counts('b', b)] },
      }),
    };
    const { asked, source: it } = source(answer([]), scrapes);
    expect(await it.fetch(REQUEST)).toEqual({ kind: 'samples', samples: [], scrapesPerSample });
    expect(fieldsOf(asked[1])).toMatchObject({
      start: '-60.000',
      end: '120.000',
      step: '60.000',
      query: 'max by (pod) (count_over_time(req_total{cluster="edge",pod=~"a|b"}[1m]))',
    });
  });

  it('keeps an empty answer as one, whatever the second question comes to', async () => {
    const { source: it } = source(answer([]), { kind: 'timeout', message: 'slow' });
    expect(await it.fetch(REQUEST)).toEqual({ kind: 'samples', samples: [] });
  });

  it('asks in parts where names are too many for one query', async () => {
    const keys = Array.from({ length: 1500 }, (_, i) => `p${i}`);
    const full = answer(keys.map((key) => part(key, 'total', [60, '1'], [120, '1'])));
    const { asked, source: it } = source(full, full);
    await it.fetch({ ...REQUEST, keys, nodes: keys });
    expect(asked).toHaveLength(2);
    expect(fieldsOf(asked[0])['query']).toContain('p1023"');
    expect(fieldsOf(asked[1])['query']).toContain('pod=~"p1024|');
  });

  it('asks for half of the pods where the buckets of all are too much', async () => {
    const tooLarge: ExchangeResult = { kind: 'tooLarge', message: 'too large' };
    const { asked, source: it } = source(tooLarge, answer([buckets('a')]), answer([buckets('b')]));
    const query = { kind: 'latency', histogram: 'lat' } as const;
    expect(await it.fetch({ ...REQUEST, query })).toMatchObject({
      kind: 'samples',
      samples: [{ key: 'a' }, { key: 'b' }],
    });
    expect(asked.map((request) => /pod=~?"([^"]*)"/u.exec(fieldsOf(request)['query'] ?? '')?.[1])).toEqual([
      'a|b',
      'a',
      'b',
    ]);
    const one = source(tooLarge);
    expect(await one.source.fetch({ ...REQUEST, query, keys: ['a'] })).toMatchObject({
      reason: 'ResponseTooLarge',
    });
  });

  it('asks how often is scraped by either form of a histogram, and not at all where that is not wanted', async () => {
    const query = { kind: 'latency', histogram: 'lat' } as const;
    const { asked, source: it } = source(answer([]), answer([]), answer([]));
    await it.fetch({ ...REQUEST, query });
    expect(fieldsOf(asked[1])['query']).toBe(
      'max by (pod) (count_over_time(lat_count{cluster="edge",pod=~"a|b"}[1m]) or count_over_time(lat{cluster="edge",pod=~"a|b"}[1m]))',
    );
    await it.fetch({ ...REQUEST, query, countScrapes: false });
    expect(asked).toHaveLength(3);
    const sum = source(answer([]), answer([]));
    await sum.source.fetch({ ...REQUEST, query: { kind: 'mean', sum: 's', count: 'ok + failed' } });
    expect(fieldsOf(sum.asked[1])['query']).toBe(
      'max by (pod) (count_over_time(ok{cluster="edge",pod=~"a|b"}[1m]) or count_over_time(failed{cluster="edge",pod=~"a|b"}[1m]))',
    );
  });

  it('reads a user’s own expression by the label that it keeps', async () => {
    const { source: it } = source(
      answer([
        { metric: { node: 'm', gpu: '0' }, values: [[60, '70']] },
        { metric: { node: 'm', gpu: '1' }, values: [[60, '80']] },
        { metric: {}, values: [[60, '1']] },
      ]),
    );
    expect(
      await it.fetch({ ...REQUEST, query: { kind: 'query', expr: 'max by (node, gpu) (temp)' } }),
    ).toEqual({
      kind: 'samples',
      samples: [
        {
          key: 'm',
          minutes: [
            { at: 60_000, value: 70 },
            { at: 60_000, value: 80 },
          ],
        },
      ],
    });
  });

  it.each<[string, Partial<MetricsRequest>, ExchangeResult[], string, RegExp]>([
    [
      'no Prometheus is named',
      { connection: undefined },
      [],
      'NotConfigured',
      /set spec\.prometheus\.address/u,
    ],
    [
      'the address is none',
      { connection: { address: 'prom', headers: {}, matchLabels: {}, timeout: 1 } },
      [],
      'NotConfigured',
      /no http/u,
    ],
    ['the expression is wrong', { query: { kind: 'query', expr: 'up{' } }, [], 'QueryInvalid', /column 4/u],
    [
      'there are too many steps',
      { window: { from: 0, to: 20_000_000, resolution: 1000 } },
      [],
      'QueryInvalid',
      /larger analysis\.resolution/u,
    ],
    [
      'nobody listens',
      {},
      [{ kind: 'unreachable', message: 'refused' }],
      'PrometheusUnreachable',
      /http:\/\/prom:9090\/x can't be reached: refused/u,
    ],
    ['it takes too long', {}, [{ kind: 'timeout', message: 'no answer' }], 'QueryTimeout', /no answer/u],
    ['it is too much', {}, [{ kind: 'tooLarge', message: 'too large' }], 'ResponseTooLarge', /too large/u],
    ['the exchange throws', {}, [], 'PrometheusUnreachable', /asked too often/u],
    [
      'a proxy answers',
      {},
      [{ kind: 'answer', status: 200, headers: {}, body: '<html>' }],
      'ResponseUnreadable',
      /proxy/u,
    ],
  ])('is evidence of kind unavailable when %s', async (_, more, answers, reason, message) => {
    const { source: it } = source(...answers);
    expect(await it.fetch({ ...REQUEST, ...more })).toEqual({
      kind: 'unavailable',
      reason,
      message: expect.stringMatching(message),
    });
  });

  it('has nothing of a window shorter than a step, and asks nothing', async () => {
    const { asked, source: it } = source();
    expect(await it.fetch({ ...REQUEST, window: { ...WINDOW, to: 1000 } })).toEqual({
      kind: 'samples',
      samples: [],
    });
    expect(asked).toHaveLength(0);
  });

  it('shows a query without its pods, and at most 1 KB of it', () => {
    const { source: it } = source();
    const shown = it.describe({
      query: REQUEST.query,
      groupBy: 'pod',
      matchLabels: { cluster: 'edge' },
      resolution: 60_000,
    });
    expect(shown).toEqual({ query: expect.stringContaining('increase(req_total{cluster="edge"}[1m])') });
    for (const query of [
      { kind: 'latency', histogram: `h${'x'.repeat(1000)}` },
      { kind: 'drift', histogram: 'h' },
      { kind: 'mean', sum: 's', count: 'c' },
    ] as const) {
      const shown = it.describe({ query, groupBy: 'pod', matchLabels: {}, resolution: 60_000 });
      expect('query' in shown && Buffer.byteLength(shown.query)).toBeLessThanOrEqual(1024);
    }
    const long = it.describe({
      query: { kind: 'query', expr: `up{a="${'é'.repeat(2000)}"}` },
      groupBy: 'pod',
      matchLabels: {},
      resolution: 60_000,
    });
    expect('query' in long && Buffer.byteLength(long.query)).toBeLessThanOrEqual(1024);
    expect('query' in long && long.query.endsWith('é…')).toBe(true);
    expect(
      it.describe({
        query: { kind: 'query', expr: 'sum(up)' },
        groupBy: 'pod',
        matchLabels: {},
        resolution: 1,
      }),
    ).toEqual({ error: expect.stringContaining('must keep the label') });
  });
});
