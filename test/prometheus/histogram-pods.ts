import type { HistogramMetric } from './protobuf-page.ts';

/** How each pod tells its latencies. */
export type Telling = 'classic' | 'native' | 'both' | 'coarse' | 'odd';

export interface HistogramPod {
  readonly pod: string;
  readonly telling: Telling;
  /** How much slower than the others it is. */
  readonly slower: number;
}

export const BOUNDS = [0.025, 0.05, 0.1, 0.25, 0.5];
const ODD_BOUNDS = [7, 8];
const RATE = 40;
const ZERO = 2 ** -30;

/** Latencies of one second's requests, the same in each second: geometric from 10 ms to some 400 ms. */
const LATENCIES = Array.from({ length: RATE }, (_, i) => 0.01 * 40 ** ((i + 0.5) / RATE));

/** The counters of a pod after so many whole seconds; `sum` and `count` are right whatever the form. */
export function histogramOf({ pod, telling, slower }: HistogramPod, seconds: number): HistogramMetric {
  const values = LATENCIES.map((latency) => latency * slower);
  const below = (bound: number): number => seconds * values.filter((value) => value <= bound).length;
  const bounds = telling === 'odd' ? ODD_BOUNDS : BOUNDS;
  const schema = telling === 'coarse' ? 1 : 3;
  const positive = new Map<number, number>();
  for (const value of values) {
    const index = Math.ceil(Math.log2(value) * 2 ** schema);
    positive.set(index, (positive.get(index) ?? 0) + seconds);
  }
  return {
    labels: { pod },
    count: seconds * values.length,
    sum: seconds * values.reduce((sum, value) => sum + value, 0),
    ...(['classic', 'both', 'odd'].includes(telling) && {
      classic: new Map(bounds.map((bound) => [bound, below(bound)])),
    }),
    ...(['native', 'both', 'coarse'].includes(telling) && {
      native: { schema, zeroThreshold: ZERO, zeroCount: 0, positive },
    }),
  };
}

/** The share of a pod's requests that each bucket has. */
export function sharesOf({ slower }: HistogramPod, bounds: readonly number[]): number[] {
  const values = LATENCIES.map((latency) => latency * slower);
  return [...bounds, Infinity].map((bound, index) => {
    const from = bounds[index - 1] ?? 0;
    return values.filter((value) => value > from && value <= bound).length / values.length;
  });
}

/** The page of a pod with classic histograms in the text format, as prom-client writes it. */
export function textOf(name: string, metric: HistogramMetric): string {
  const pod = metric.labels['pod'] ?? '';
  const lines = [...(metric.classic ?? [])].map(
    ([bound, count]) => `${name}_bucket{le="${bound}",pod="${pod}"} ${count}`,
  );
  return [
    `# TYPE ${name} histogram`,
    ...lines,
    `${name}_bucket{le="+Inf",pod="${pod}"} ${metric.count}`,
    `${name}_sum{pod="${pod}"} ${metric.sum}`,
    `${name}_count{pod="${pod}"} ${metric.count}`,
    '',
  ].join('\n');
}
