import { describe, expect, it } from 'vitest';
import { SeriesStore } from '../series-store.ts';
import { compile } from './compile.ts';
import { type Labels, NAME, signature } from './labels.ts';

const SECOND = 1_000;
/** All times in the tests are seconds after this. */
const ORIGIN = 1_700_000_000_000;

/** `value@second` samples of a series. */
function storeOf(
  series: readonly (readonly [Labels, readonly (readonly [number, number])[]])[],
): SeriesStore {
  const store = new SeriesStore();
  for (const [labels, samples] of series) {
    for (const [at, value] of samples) store.series(labels).append(ORIGIN + at * SECOND, value);
  }
  return store;
}

/** Every 15 s from `from` on. */
function every15(from: number, values: readonly number[]): readonly (readonly [number, number])[] {
  return values.map((value, index) => [from + index * 15, value]);
}

function evaluate(
  store: SeriesStore,
  expression: string,
  at: number,
): Readonly<Record<string, number>> | number {
  const value = compile(expression, store)(ORIGIN + at * SECOND);
  if (value.kind === 'scalar') return value.value;
  return Object.fromEntries(
    value.samples.map(({ labels, value: number }) => [
      signature(labels).replaceAll('\u0001', '=').replaceAll('\u0002', ','),
      number,
    ]),
  );
}

describe('increase and rate', () => {
  const counter = { [NAME]: 'c' };

  it('stretches to the edges of the window where samples are near them', () => {
    // In (30, 90]: 45, 60, 75, 90, that is 3 distances of 15 s with 5 each, of a window of 60 s.
    const store = storeOf([[counter, every15(0, [100, 105, 110, 115, 120, 125, 130])]]);
    expect(evaluate(store, 'increase(c[1m])', 90)).toEqual({ '': 20 });
    expect(evaluate(store, 'rate(c[1m])', 90)).toEqual({ '': 20 / 60 });
  });

  it('leaves the sample at the very start of the window out', () => {
    const store = storeOf([[counter, every15(0, [100, 105, 110])]]);
    // (0, 30] has the samples at 15 and 30; stretched by 15 s to the start.
    expect(evaluate(store, 'increase(c[30s])', 30)).toEqual({ '': 10 });
  });

  it('stretches by half a distance where the series begins or ends within the window', () => {
    const store = storeOf([[counter, every15(100, [50, 60, 70])]]);
    // 20 in 30 s; the window (0, 200] goes far beyond on both sides: 7.5 s each.
    expect(evaluate(store, 'increase(c[200s])', 200)).toEqual({ '': (20 * 45) / 30 });
  });

  it('does not stretch a counter to before it was zero', () => {
    const store = storeOf([[counter, every15(10, [1, 11, 21])]]);
    // 20 in 30 s: zero was 1.5 s before the first sample, nearer than the 10 s to the start. The end is 0 s away.
    expect(evaluate(store, 'increase(c[40s])', 40)).toEqual({ '': (20 * 31.5) / 30 });
  });

  it('counts on when the counter begins anew', () => {
    const store = storeOf([[counter, every15(0, [10, 20, 30, 4, 14])]]);
    // Samples at 15 to 60: 20, 30, 4, 14, that is 14 - 20 + 30 = 24 in 45 s, stretched to 60 s.
    expect(evaluate(store, 'increase(c[1m])', 60)).toEqual({ '': 24 * (60 / 45) });
    expect(evaluate(store, 'delta(c[1m])', 60)).toEqual({ '': -6 * (60 / 45) });
    expect(evaluate(store, 'resets(c[1m])', 60)).toEqual({ '': 1 });
  });

  it('says nothing on a single sample', () => {
    const store = storeOf([[counter, [[50, 7]]]]);
    expect(evaluate(store, 'increase(c[1m])', 60)).toEqual({});
    expect(evaluate(store, 'max_over_time(c[1m])', 60)).toEqual({ '': 7 });
  });
});

describe('selectors', () => {
  const store = storeOf([
    [{ [NAME]: 'c', code: '200', pod: 'a' }, every15(0, [1, 2, 3])],
    [{ [NAME]: 'c', code: '500', pod: 'a' }, every15(0, [10, 20, 30])],
    [{ [NAME]: 'c', code: '503', pod: 'b' }, every15(0, [100, 200, 300])],
    [{ [NAME]: 'd', pod: 'b' }, every15(0, [7, 8, 9])],
  ]);

  it.each([
    ['c{code="500"}', [30]],
    ['c{code!="500"}', [3, 300]],
    ['c{code=~"5.."}', [30, 300]],
    ['c{code!~"5.*"}', [3]],
    ['c{code=~"50"}', []],
    ['{__name__=~"c|d",pod="b"}', [300, 9]],
    ['c{host=""}', [3, 30, 300]],
    ["c{pod='a', code=`200`,}", [3]],
    ['c{code=~"(?i)5.."} offset 15s', [20, 200]],
    ['c{code="500"} offset -5s', [30]],
  ])('%s', (expression, values) => {
    expect(Object.values(evaluate(store, expression, 30))).toEqual(values);
  });

  it('takes a value for 5 minutes and no longer', () => {
    expect(Object.values(evaluate(store, 'd', 30 + 299))).toEqual([9]);
    expect(Object.values(evaluate(store, 'd', 30 + 300))).toEqual([]);
    expect(Object.values(evaluate(store, 'd', -1))).toEqual([]);
  });

  it('takes no value after a series was marked stale, until it has a new one', () => {
    const marked = storeOf([[{ [NAME]: 'c' }, every15(0, [1, 2])]]);
    marked.series({ [NAME]: 'c' }).markStale(ORIGIN + 30 * SECOND);
    expect(evaluate(marked, 'c', 29)).toEqual({ '__name__=c': 2 });
    expect(evaluate(marked, 'c', 30)).toEqual({});
    marked.series({ [NAME]: 'c' }).append(ORIGIN + 45 * SECOND, 3);
    expect(evaluate(marked, 'c', 45)).toEqual({ '__name__=c': 3 });
    expect(evaluate(marked, 'count_over_time(c[1m])', 45)).toEqual({ '': 3 });
  });

  it('knows when a sample was scraped', () => {
    expect(evaluate(store, 'timestamp(d)', 44)).toEqual({ 'pod=b': (ORIGIN + 30 * SECOND) / SECOND });
    expect(evaluate(store, 'timestamp(d + 0)', 44)).toEqual({ 'pod=b': (ORIGIN + 44 * SECOND) / SECOND });
  });
});

describe('operators', () => {
  const store = storeOf([
    [{ [NAME]: 'bad', pod: 'a', code: '500' }, [[0, 2]]],
    [{ [NAME]: 'bad', pod: 'b', code: '500' }, [[0, 5]]],
    [{ [NAME]: 'all', pod: 'a' }, [[0, 10]]],
    [{ [NAME]: 'all', pod: 'b' }, [[0, 0]]],
    [{ [NAME]: 'all', pod: 'c' }, [[0, 20]]],
    [{ [NAME]: 'part', pod: 'a' }, [[0, NaN]]],
    [{ [NAME]: 'part', pod: 'b' }, [[0, 3]]],
  ]);

  it.each<[string, Readonly<Record<string, number>> | number]>([
    ['1 + 2 * 3 ^ 2', 19],
    ['-2 ^ 2', -4],
    ['7 % 4 - 1', 2],
    ['1 > bool 2', 0],
    ['bad / on(pod) all', { 'pod=a': 0.2, 'pod=b': Infinity }],
    ['bad / ignoring(code) all', { 'pod=a': 0.2, 'pod=b': Infinity }],
    ['all / 2', { 'pod=a': 5, 'pod=b': 0, 'pod=c': 10 }],
    ['all > 5', { '__name__=all,pod=a': 10, '__name__=all,pod=c': 20 }],
    ['5 < all', { '__name__=all,pod=a': 10, '__name__=all,pod=c': 20 }],
    ['all > bool 5', { 'pod=a': 1, 'pod=b': 0, 'pod=c': 1 }],
    ['all > on(pod) bad', { 'pod=a': 10 }],
    ['all and on(pod) bad', { '__name__=all,pod=a': 10, '__name__=all,pod=b': 0 }],
    ['all unless on(pod) bad', { '__name__=all,pod=c': 20 }],
    ['sum by (pod) (bad) or all > 15', { 'pod=a': 2, 'pod=b': 5, '__name__=all,pod=c': 20 }],
    ['sum(all)', { '': 30 }],
    ['sum by (pod, code) (bad)', { 'code=500,pod=a': 2, 'code=500,pod=b': 5 }],
    ['sum without (pod) (bad)', { 'code=500': 7 }],
    ['count(all) by (none)', { '': 3 }],
    ['avg(all)', { '': 10 }],
    ['max(part)', { '': 3 }],
    ['min(part)', { '': 3 }],
    ['sum(part)', { '': NaN }],
    ['max(all == 0)', { '': 0 }],
    ['sum(none)', {}],
    ['label_replace(all{pod="a"}, "part", "total", "", "")', { '__name__=all,part=total,pod=a': 10 }],
    ['label_replace(all{pod="a"}, "x", "<$1>", "pod", "(.*)")', { '__name__=all,pod=a,x=<a>': 10 }],
    ['label_replace(all{pod="a"}, "x", "$1", "pod", "b")', { '__name__=all,pod=a': 10 }],
    ['clamp_max(all, 15) - all', { 'pod=a': 0, 'pod=b': 0, 'pod=c': -5 }],
    ['-all{pod="a"}', { 'pod=a': -10 }],
    ['scalar(all{pod="a"}) * 2', 20],
    ['vector(3)', { '': 3 }],
  ])('%s', (expression, expected) => {
    expect(evaluate(store, expression, 1)).toEqual(expected);
  });

  it.each([
    ['sum(', '1:5: parse error: unexpected end of input'],
    ['1 > 2', 'comparisons between scalars must use BOOL modifier'],
    ['all and 1', 'set operator And not allowed in binary scalar expression'],
    ['{pod=~".*"}', 'vector selector must contain at least one non-empty matcher'],
    ['c{pod=~"("}', 'error parsing regexp'],
    ['increase(c)', 'a range such as metric[5m] is due, not VectorSelector'],
    ['c[5m]', 'a range such as [5m] is only for functions such as increase'],
    ['topk(1, c)', 'the simulated Prometheus has no Topk'],
    ['deriv(c[5m])', 'the simulated Prometheus has no function deriv'],
    ['a * on(x) group_left() b', 'the simulated Prometheus has no group_left and group_right'],
    ['all + on(none) bad', 'found duplicate series for the match group on the right hand-side'],
    [
      'bad + on(code) sum by (code) (bad)',
      'found duplicate series for the match group on the left hand-side',
    ],
    ['abs({pod="a",code=""})', 'vector cannot contain metrics with the same labelset'],
  ])('refuses %s', (expression, message) => {
    expect(() => evaluate(store, expression, 1)).toThrow(message);
  });
});
