import { describe, expect, it } from 'vitest';
import { parseAnswer } from './parse-answer.ts';

const matrix = (result: unknown, more: object = {}): string =>
  JSON.stringify({ status: 'success', data: { resultType: 'matrix', result }, ...more });
const refusal = (errorType: string, error: string): string =>
  JSON.stringify({ status: 'error', errorType, error });
const html = { 'content-type': 'text/html' };

const warned = (warning: string): string =>
  JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [] }, warnings: [warning] });

describe('parseAnswer', () => {
  it('reads points, numbers or not', () => {
    const body = matrix([
      {
        metric: { pod: 'a' },
        values: [
          [1, '1.5'],
          [2.5, 'NaN'],
          [3, '+Inf'],
          [4, '-Inf'],
          [5, '1e3'],
        ],
      },
      {
        metric: { pod: 'b' },
        histograms: [
          [1, { count: '0', sum: '0' }],
          [
            2,
            {
              count: '5',
              sum: '1.5',
              buckets: [
                [3, '-0.001', '0.001', '2'],
                [0, '1', '+Inf', '3'],
              ],
            },
          ],
        ],
      },
    ]);
    expect(parseAnswer(200, {}, body)).toEqual({
      kind: 'series',
      series: [
        {
          labels: { pod: 'a' },
          points: [
            [1000, 1.5],
            [2500, Number.NaN],
            [3000, Number.POSITIVE_INFINITY],
            [4000, Number.NEGATIVE_INFINITY],
            [5000, 1000],
          ],
        },
        {
          labels: { pod: 'b' },
          points: [],
          histograms: [
            [1000, []],
            [
              2000,
              [
                { from: -0.001, to: 0.001, count: 2 },
                { from: 1, to: Number.POSITIVE_INFINITY, count: 3 },
              ],
            ],
          ],
        },
      ],
    });
  });

  it('reads a vector, an empty answer, and one with advice on style', () => {
    const vector = JSON.stringify({
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: {}, value: [1, '2'] }] },
    });
    expect(parseAnswer(200, {}, vector)).toEqual({
      kind: 'series',
      series: [{ labels: {}, points: [[1000, 2]] }],
    });
    expect(parseAnswer(200, {}, matrix([]))).toEqual({ kind: 'series', series: [] });
    expect(parseAnswer(200, {}, matrix([], { infos: ['might not be a counter'], warnings: [] }))).toEqual({
      kind: 'series',
      series: [],
    });
  });

  it.each<[string, number, Record<string, string>, string, string, RegExp]>([
    [
      'a warning of Thanos',
      200,
      {},
      matrix([], { warnings: ['store east is away'] }),
      'ResponsePartial',
      /store east is away/u,
    ],
    [
      'a login page',
      200,
      html,
      '<html>Sign in</html>',
      'ResponseUnreadable',
      /no JSON \(text\/html, 20 characters\).*login page/u,
    ],
    ['nothing', 200, {}, '', 'ResponseUnreadable', /no JSON/u],
    ['cut off', 200, {}, matrix([]).slice(0, 30), 'ResponseUnreadable', /no JSON/u],
    ['other JSON', 200, {}, '{"hello":1}', 'ResponseUnreadable', /another form/u],
    [
      'a scalar',
      200,
      {},
      '{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}',
      'ResponseUnreadable',
      /another form/u,
    ],
    ['an error with status 200', 200, {}, refusal('bad_data', 'x'), 'ResponseUnreadable', /another form/u],
    [
      'a syntax error',
      400,
      {},
      refusal('bad_data', 'parse error: x'),
      'QueryRefused',
      /400: bad_data: parse error: x/u,
    ],
    [
      'too many samples',
      422,
      {},
      refusal('execution', 'too many samples'),
      'QueryRefused',
      /422: execution: too many samples/u,
    ],
    [
      'timeout of the query',
      503,
      {},
      refusal('timeout', 'query timed out'),
      'QueryTimeout',
      /query timed out/u,
    ],
    ['a gateway that waited in vain', 504, html, '<html>', 'QueryTimeout', /504/u],
    ['a server that starts', 503, {}, 'Service Unavailable', 'PrometheusUnreachable', /503/u],
    ['a broken gateway', 502, html, '<html>', 'PrometheusUnreachable', /502/u],
    ['too many requests', 429, {}, '', 'PrometheusUnreachable', /429/u],
    ['wrong credentials', 401, {}, '', 'CredentialsRefused', /401/u],
    ['no right', 403, {}, '', 'CredentialsRefused', /403/u],
    ['a wrong path', 404, {}, '404 page not found', 'QueryRefused', /path prefix/u],
    [
      'a redirect',
      302,
      { location: 'https://login.example/' },
      '',
      'QueryRefused',
      /points to https:\/\/login\.example\/; redirects are not followed/u,
    ],
    ['a redirect to nowhere', 301, {}, '', 'QueryRefused', /another address/u],
    ['no content', 204, {}, '', 'ResponseUnreadable', /204/u],
  ])('%s', (_, status, headers, body, reason, message) => {
    expect(parseAnswer(status, headers, body)).toEqual({
      kind: 'unavailable',
      reason,
      message: expect.stringMatching(message),
    });
  });

  it('keeps the words of a server short, and on one line', () => {
    const answer = parseAnswer(400, {}, refusal('bad_data', `a\n${'b'.repeat(5000)}`));
    expect(answer.kind === 'unavailable' && answer.message.length).toBeLessThan(400);
    expect(answer.kind === 'unavailable' && answer.message).not.toContain('\n');
  });

  it('takes what the query engine left out for missing where that is asked for, and nothing else', () => {
    const engine = warned('PromQL warning: encountered a mix of histograms and floats for aggregation (1:5)');
    const store = warned('No StoreAPIs matched for this query');
    expect(parseAnswer(200, {}, engine)).toMatchObject({ reason: 'ResponsePartial' });
    expect(parseAnswer(200, {}, engine, { mayLeaveOut: true })).toEqual({ kind: 'series', series: [] });
    expect(parseAnswer(200, {}, store, { mayLeaveOut: true })).toMatchObject({ reason: 'ResponsePartial' });
  });
});
