import { createServer, type Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NAME, signature } from '../../src/sim/prometheus/promql/labels.ts';
import { answerQuery } from '../../src/sim/prometheus/query-api.ts';
import { SeriesStore } from '../../src/sim/prometheus/series-store.ts';
import { request } from '../controlplane/request.ts';
import { describeReal } from '../setup/describe-real.ts';

type Point = readonly [number, string];

interface Answer {
  readonly status: string;
  readonly errorType?: string;
  readonly data?: {
    readonly resultType: string;
    readonly result: readonly {
      readonly metric: Record<string, string>;
      readonly value?: Point;
      readonly values?: readonly Point[];
    }[];
  };
}

/** What both have to agree on; `t` is the metric prefix of this test alone. */
const QUERIES: readonly string[] = [
  't_requests_total',
  't_requests_total{code=~"5.."}',
  't_requests_total{code!="200",pod=~"a|b"}',
  '{__name__=~"t_(gauge|level)"}',
  't_requests_total offset 3s',
  'increase(t_requests_total[5s])',
  'increase(t_requests_total[60s])',
  'rate(t_requests_total{code="200"}[7s])',
  'rate(t_resets_total[30s])',
  'increase(t_resets_total[9s])',
  'increase(t_seldom_total[20s])',
  'delta(t_gauge[10s])',
  'max_over_time(t_gauge[10s])',
  'min_over_time(t_gauge[10s])',
  'avg_over_time(t_gauge[10s])',
  'sum_over_time(t_gauge[10s])',
  'count_over_time(t_gauge[10s])',
  'last_over_time(t_gauge[10s])',
  'last_over_time(t_gone[60s])',
  'timestamp(t_gauge)',
  'timestamp(t_gauge + 1)',
  'sum by (pod) (increase(t_requests_total[10s]))',
  'sum without (code, instance, job) (t_requests_total)',
  'count(t_requests_total) by (code)',
  'avg(t_requests_total)',
  'max(t_odd)',
  'min(t_odd)',
  'sum(t_odd)',
  'label_replace(sum by (pod) (increase(t_requests_total{code=~"5.."}[10s])), "part", "bad", "", "")' +
    ' or label_replace(sum by (pod) (increase(t_requests_total[10s])), "part", "total", "", "")',
  'label_replace(t_gauge, "first", "$1-${1}", "pod", "(.).*")',
  'sum by (pod) (t_requests_total{code="500"}) / sum by (pod) (t_requests_total)',
  't_requests_total{code="500"} / ignoring(code) t_requests_total{code="200"}',
  't_gauge > 3',
  '3 < t_gauge',
  't_gauge > bool 3',
  't_gauge > on(pod) t_level',
  't_gauge >= t_level',
  't_gauge and on(pod) t_level',
  't_gauge unless on(pod) (t_level > 1e9)',
  't_gauge or t_level',
  '-t_gauge + 2 * t_gauge ^ 2 % 7',
  't_gauge == 1 or t_gauge != 1',
  'clamp_max(t_gauge, 2) + abs(-t_gauge)',
  'increase(t_seconds_bucket[10s])',
  // The parts of a histogram: the second is of its native form, which a text page has not.
  'label_replace(sum by (pod, le) (increase(t_seconds_bucket{pod=~"a|b"}[10s])), "part", "bucket", "", "")' +
    ' or label_replace(sum by (pod) (increase(t_seconds{pod=~"a|b"}[10s])), "part", "native", "", "")',
  'label_replace(sum by (pod) (increase(t_seconds_sum[7s])), "part", "sum", "", "")' +
    ' or label_replace(sum by (pod) (increase(t_seconds_count[7s])), "part", "count", "", "")',
  'max by (pod) (count_over_time(t_seconds_count[5s]) or count_over_time(t_seconds[5s]))',
  't_gauge{pod=~"a|c"}',
  't_gauge{pod=~"|b|"}',
  't_gauge{pod=~"a\\\\.b|\\\\||a"}',
  '{__name__=~"t_gauge|t_level"}',
  't_seconds_bucket{le="1.0"}',
  't_seconds_bucket{le="1"}',
  't_gone',
  't_never',
  'sum(t_never)',
  '1 + 2 * 3',
  '-2 ^ 2',
  'scalar(t_gauge{pod="a"}) * 2',
  'vector(1) > bool 0',
  // What both refuse.
  'sum(',
  '1 > 2',
  't_gauge and 1',
  'increase(t_gauge)',
  '{pod=~".*"}',
  't_gauge{pod=~"("}',
  't_gauge + on(none) t_gauge',
];

/** Two pages that move on with every scrape: a steady counter, one that begins anew, one that ends, odd values. */
class Pages {
  #scrapes = { a: 0, b: 0 };
  gone = false;

  of(pod: 'a' | 'b'): string | undefined {
    const n = ++this.#scrapes[pod];
    // A scrape in eleven fails.
    if (n % 11 === 10) return undefined;
    const lines = [
      '# TYPE t_requests_total counter',
      `t_requests_total{code="200"} ${n * 7 + (n % 3)}`,
      `t_requests_total{code="500"} ${Math.floor(n / 2)}`,
      `t_resets_total ${n % 8}`,
      `t_gauge ${(n * 37) % 11}`,
      `t_level ${pod === 'a' ? 5 : 1}`,
      `t_odd ${pod === 'a' ? 'NaN' : '+Inf'}`,
      '# TYPE t_seconds histogram',
      `t_seconds_bucket{le="0.5"} ${n}`,
      `t_seconds_bucket{le="1"} ${2 * n}`,
      `t_seconds_bucket{le="+Inf"} ${3 * n}`,
      `t_seconds_sum ${n * 1.5}`,
      `t_seconds_count ${3 * n}`,
    ];
    if (n % 4 === 0) lines.push(`t_seldom_total ${n}`);
    if (!this.gone) lines.push(`t_gone ${n}`);
    return `${lines.join('\n')}\n`;
  }
}

describeReal('the simulated Prometheus answers as the real one', (real) => {
  const pages = new Pages();
  let server: Server;
  let store: SeriesStore;
  /** Ms. */
  let end: number;

  const ask = async (path: string, fields: Record<string, string>): Promise<Answer> => {
    const reply = await request(`${real().prometheus}/api/v1/${path}?${new URLSearchParams(fields)}`, {});
    return JSON.parse(reply.text) as Answer;
  };

  beforeAll(async () => {
    const { fleetPort } = real();
    server = createServer((incoming, response) => {
      const pod = /^\/(a|b)\/metrics$/.exec(incoming.url ?? '')?.[1] as 'a' | 'b' | undefined;
      if (pod === undefined) {
        const entries = ['a', 'b'].map((each) => ({
          targets: [`127.0.0.1:${fleetPort}`],
          labels: { __metrics_path__: `/${each}/metrics`, pod: each },
        }));
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(entries));
        return;
      }
      const page = pages.of(pod);
      if (page === undefined) incoming.socket.destroy();
      else response.setHeader('content-type', 'text/plain; version=0.0.4').end(page);
    });
    await new Promise<void>((resolve) => server.listen(fleetPort, '127.0.0.1', resolve));
    const deadline = Date.now() + 60_000;
    for (let scraped = 0; scraped < 20;) {
      if (Date.now() > deadline) throw new Error('Prometheus did not scrape the test for a minute');
      await setTimeout(500);
      const { data } = await ask('query', { query: 'min(count_over_time(t_gauge[2m]))' });
      scraped = Number(data?.result[0]?.value?.[1] ?? 0);
    }
    pages.gone = true;
    await setTimeout(5_000);
    // Samples of this very moment may still be on their way.
    end = Date.now() - 2_000;
    store = await copyOf(end);
  }, 150_000);

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** The raw samples of the real one. It does not show where it marked a series stale, which one scrape in eleven did. */
  async function copyOf(until: number): Promise<SeriesStore> {
    const copy = new SeriesStore();
    const time = String(until / 1_000);
    const { data } = await ask('query', { query: '{__name__=~"t_.+|up",pod=~"a|b"}[5m]', time });
    const scrapes = new Map<string, readonly number[]>();
    for (const { metric, values = [] } of data?.result ?? []) {
      const series = copy.series(metric);
      for (const [at, value] of values) series.append(Math.round(at * 1_000), numberOf(value));
      if (metric[NAME] === 'up') scrapes.set(metric['pod'] ?? '', series.times);
    }
    // A scrape that a series has no sample of has marked it.
    for (const series of copy.select([{ label: NAME, matches: (name) => name !== 'up' }])) {
      for (const scrape of scrapes.get(series.labels['pod'] ?? '') ?? []) {
        const first = series.times[0] ?? Infinity;
        if (scrape > first && !series.times.includes(scrape)) series.markStale(scrape);
      }
    }
    return copy;
  }

  const simulated = (path: string, fields: Record<string, string>): Answer =>
    JSON.parse(answerQuery(store, `/api/v1/${path}`, new URLSearchParams(fields), end).body) as Answer;

  it.each(QUERIES)('%s', async (query) => {
    const instant = { query, time: String(end / 1_000) };
    const range = { query, start: String(end / 1_000 - 15), end: String(end / 1_000), step: '1' };
    expect(comparable(simulated('query', instant))).toEqual(comparable(await ask('query', instant)));
    expect(comparable(simulated('query_range', range))).toEqual(comparable(await ask('query_range', range)));
  });

  it('has seen what makes a difference', async () => {
    const [only] = [
      ...store.select([{ label: NAME, equals: 't_gauge', matches: (name) => name === 't_gauge' }]),
    ];
    expect(only?.times.length).toBeGreaterThan(15);
    const { data } = simulated('query', { query: 't_gone', time: String(end / 1_000) });
    expect(data?.result).toEqual([]);
    const resets = simulated('query', { query: 'resets(t_resets_total[1m])', time: String(end / 1_000) });
    expect(Number(resets.data?.result[0]?.value?.[1])).toBeGreaterThan(0);
  });
});

/** Without order, and without the last digits of floating point numbers; of refusals only the kind. */
function comparable({ status, errorType, data }: Answer): unknown {
  if (status !== 'success' || data === undefined) return { status, errorType };
  // A scalar's result is a single point.
  if (data.resultType === 'scalar') return { scalar: rounded([data.result as unknown as Point]) };
  const rows = data.result.map(({ metric, value, values }) => {
    const points = values ?? (value === undefined ? [] : [value]);
    return [signature(metric), rounded(points)] as const;
  });
  return { type: data.resultType, rows: Object.fromEntries(rows) };
}

function rounded(points: readonly Point[]): readonly (readonly [number, string])[] {
  return points.map(([time, value]) => {
    const number = numberOf(value);
    return [Math.round(time * 1_000), Number.isFinite(number) ? number.toPrecision(10) : value] as const;
  });
}

function numberOf(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}
