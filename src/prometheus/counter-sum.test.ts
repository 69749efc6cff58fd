import { describe, expect, it } from 'vitest';
import { increaseOf, parseCounterSum } from './counter-sum.ts';
import { anyOf } from './matcher.ts';

const OPTIONS = { matchers: [anyOf('pod', ['a'])], resolution: 60_000 };

const expressionOf = (text: string): string => {
  const counters = parseCounterSum(text, 'ratio.total');
  return 'error' in counters ? counters.error : increaseOf(counters, OPTIONS);
};

describe('a sum of counters', () => {
  it('is one increase where there is one counter', () => {
    expect(expressionOf('((req_total))')).toBe('increase(req_total{pod="a"}[1m])');
  });

  it('is an increase of each, with its own label', () => {
    const ok = 'label_replace(increase(ok{pod="a",m=~"x|y"}[1m]), "outrigger_term", "0", "", "")';
    const failed = 'label_replace(increase(failed{pod="a"}[1m]), "outrigger_term", "1", "", "")';
    const late = 'label_replace(increase(late{pod="a"}[1m]), "outrigger_term", "2", "", "")';
    expect(expressionOf('ok{m=~"x|y"} + failed')).toBe(`${ok} or ${failed}`);
    expect(expressionOf('(ok{m=~"x|y"} + (failed + late))')).toBe(`${ok} or ${failed} or ${late}`);
  });

  it.each([
    'ok - failed',
    'ok + 1',
    'ok + on (pod) failed',
    'sum(ok) + failed',
    'ok[1m] + failed',
    'ok or failed',
  ])('is not %s', (text) => {
    expect(expressionOf(text)).toContain('ratio.total must be the selector of a counter, such as');
  });

  it('says where it does not parse', () => {
    expect(expressionOf('ok + ')).toContain('ratio.total is not a PromQL expression');
  });
});
