import { describe, expect, it } from 'vitest';
import { expressionQuery } from './expression-query.ts';

const query = (expr: string): ReturnType<typeof expressionQuery> =>
  expressionQuery(expr, {
    groupBy: 'pod',
    matchers: [{ label: 'job', operator: '=', value: 'x' }],
    members: { pod: ['p', 'q'], node: ['n'] },
  });

describe('expressionQuery', () => {
  it.each([
    ['temp', 'temp{job="x",pod=~"p|q"}', 'pod'],
    ['max by (node) (temp)', 'max by (node) (temp{job="x",node="n"})', 'node'],
    ['max(temp) by (pod, gpu)', 'max(temp{job="x",pod=~"p|q"}) by (pod, gpu)', 'pod'],
    ['max without (gpu) (temp)', 'max without (gpu) (temp{job="x",pod=~"p|q"})', 'pod'],
    // The list of pods stays out where it could cost a series its partner.
    ['a * on (uid) group_left (pod) b', 'a{job="x"} * on (uid) group_left (pod) b{job="x"}', 'pod'],
    [
      'label_replace(a, "pod", "$1", "name", "(.*)")',
      'label_replace(a{job="x"}, "pod", "$1", "name", "(.*)")',
      'pod',
    ],
    ['a / scalar(sum(a))', 'a{job="x"} / scalar(sum(a{job="x"}))', 'pod'],
    ['topk(3, a)', 'topk(3, a{job="x"})', 'pod'],
    [
      'max by (pod) (a / ignoring (pod) group_left () sum(a))',
      'max by (pod) (a{job="x"} / ignoring (pod) group_left () sum(a{job="x"}))',
      'pod',
    ],
  ])('%s', (expr, expected, label) => {
    expect(query(expr)).toEqual({ query: expected, label });
  });

  it.each(['sum(temp)', 'max by (gpu) (temp)', 'sum by () (temp)'])(
    'refuses %s, which says nothing of nodes',
    (expr) => {
      expect(query(expr)).toEqual({ error: expect.stringContaining('must keep the label pod or node') });
    },
  );
});
