/** The samples of one series in (start, end], oldest first; times in ms. */
export interface Window {
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly start: number;
  readonly end: number;
}

export interface RangeFunction {
  readonly keepsName: boolean;
  /** Undefined: no result for this series. */
  readonly apply: (window: Window) => number | undefined;
}

export const RANGE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  increase: plain((window) => extrapolated(window, true)),
  rate: plain((window) => perSecond(window, extrapolated(window, true))),
  delta: plain((window) => extrapolated(window, false)),
  max_over_time: plain(({ values }) => values.reduce(larger)),
  min_over_time: plain(({ values }) => values.reduce(smaller)),
  avg_over_time: plain(({ values }) => total(values) / values.length),
  sum_over_time: plain(({ values }) => total(values)),
  count_over_time: plain(({ values }) => values.length),
  last_over_time: { keepsName: true, apply: ({ values }) => values.at(-1) },
  changes: plain(({ values }) => count(values, (value, before) => !Object.is(value, before))),
  resets: plain(({ values }) => count(values, (value, before) => value < before)),
};

function plain(apply: RangeFunction['apply']): RangeFunction {
  return { keepsName: false, apply };
}

/**
 * Prometheus's rule for the change over a window of which the samples cover only a part. The observed change is
 * stretched to the window's edges where these are at most 1.1 average sample distances away, and by half a
 * distance where they are further: there the series is taken to begin or end. A counter is stretched no
 * further back than to where it would have been zero.
 */
function extrapolated({ times, values, start, end }: Window, isCounter: boolean): number | undefined {
  const [first, last] = [values[0], values.at(-1)];
  const [firstAt, lastAt] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || firstAt === undefined || lastAt === undefined)
    return undefined;
  if (times.length < 2) return undefined;
  let change = last - first;
  if (isCounter) {
    for (let index = 1; index < values.length; index++) {
      const before = values[index - 1] ?? 0;
      // The counter began anew: what it had counted until then is not lost.
      if ((values[index] ?? 0) < before) change += before;
    }
  }
  const sampled = lastAt - firstAt;
  const distance = sampled / (times.length - 1);
  const near = distance * 1.1;
  let before = firstAt - start >= near ? distance / 2 : firstAt - start;
  if (isCounter && change > 0 && first >= 0) before = Math.min(before, sampled * (first / change));
  const after = end - lastAt >= near ? distance / 2 : end - lastAt;
  return change * ((sampled + before + after) / sampled);
}

function perSecond({ start, end }: Window, change: number | undefined): number | undefined {
  return change === undefined ? undefined : change / ((end - start) / 1_000);
}

/** NaN gives way to any number. */
export function larger(a: number, b: number): number {
  return b > a || Number.isNaN(a) ? b : a;
}

export function smaller(a: number, b: number): number {
  return b < a || Number.isNaN(a) ? b : a;
}

/** With Neumaier's compensation, so that the order of the summands does not show. */
export function total(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const next = sum + value;
    if (Number.isFinite(next))
      lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

function count(values: readonly number[], what: (value: number, before: number) => boolean): number {
  let found = 0;
  for (let index = 1; index < values.length; index++) {
    if (what(values[index] ?? NaN, values[index - 1] ?? NaN)) found++;
  }
  return found;
}
