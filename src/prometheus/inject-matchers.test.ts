import { describe, expect, it } from 'vitest';
import { injectMatchers } from './inject-matchers.ts';
import { anyOf, equalAll, renderMatchers } from './matcher.ts';
import { parsePromql } from './promql.ts';

const inject = (text: string): string => {
  const parsed = parsePromql(text, 'query.expr');
  return 'error' in parsed
    ? parsed.error
    : injectMatchers(parsed, [...equalAll({ job: 'x' }), anyOf('pod', ['a', 'b'])]);
};

describe('injectMatchers', () => {
  it.each([
    ['up', 'up{job="x",pod=~"a|b"}'],
    ['up{}', 'up{job="x",pod=~"a|b"}'],
    ['up{code=~"5.."}', 'up{job="x",pod=~"a|b",code=~"5.."}'],
    ['up{code="{",}', 'up{job="x",pod=~"a|b",code="{",}'],
    ['{__name__="up"}', '{job="x",pod=~"a|b",__name__="up"}'],
    ['up  # {comment}', 'up{job="x",pod=~"a|b"}'],
    [
      'rate(a[5m]) / rate(b{c="d"}[5m] offset 1m)',
      'rate(a{job="x",pod=~"a|b"}[5m]) / rate(b{job="x",pod=~"a|b",c="d"}[5m] offset 1m)',
    ],
    [
      'label_replace(a, "x", "$1", "y", "a{b}")',
      'label_replace(a{job="x",pod=~"a|b"}, "x", "$1", "y", "a{b}")',
    ],
    ['(max by (pod) (a))', 'max by (pod) (a{job="x",pod=~"a|b"})'],
    ['a @ end()', 'a{job="x",pod=~"a|b"} @ end()'],
  ])('%s', (text, expected) => {
    expect(inject(text)).toBe(expected);
  });

  it.each([
    ['up{', 'query.expr is not a PromQL expression: line 1, column 4: something is missing at its end'],
    ['sum(up) up', 'query.expr is not a PromQL expression: line 1, column 9: unexpected "up"'],
    ['sum(\n  up{a=b})', 'query.expr is not a PromQL expression: line 2, column 8: unexpected "b})"'],
    ['  ', 'query.expr is empty: write a PromQL expression'],
    [
      '# nothing',
      'query.expr is not a PromQL expression: line 1, column 10: something is missing at its end',
    ],
  ])('says where %j is wrong', (text, expected) => {
    expect(inject(text)).toBe(expected);
  });

  it('quotes what it adds', () => {
    expect(renderMatchers([anyOf('pod', ['a.b', 'c+d'])])).toBe(String.raw`pod=~"a\\.b|c\\+d"`);
    expect(renderMatchers([anyOf('pod', ['a"b\\'])])).toBe(String.raw`pod="a\"b\\"`);
    expect(renderMatchers(equalAll({ 'a.b': 'c' }))).toBe('"a.b"="c"');
  });
});
