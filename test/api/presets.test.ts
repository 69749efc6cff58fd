import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { METRIC_KINDS, type Metric, metric, type PresetName, PRESETS } from '../../src/api/metric.ts';
import { expandPreset } from '../../src/api/presets/expand.ts';
import { increaseOf, parseCounterSum } from '../../src/prometheus/counter-sum.ts';
import { ratioQuery } from '../../src/prometheus/ratio-query.ts';
import { PrometheusDouble } from '../../src/sim/prometheus/prometheus-double.ts';
import { VirtualClock } from '../../src/sim/virtual-clock.ts';
import { PRESET_PAGES } from './preset-pages.ts';

const POD = 'defect-x7k2f';
const SCRAPE_MS = 15_000;
/** Scrapes that a minute has: each adds the page's figures once more. */
const A_MINUTE = 4;
const OPTIONS = { groupBy: 'pod', matchers: [], resolution: 60_000 };

let over = new AbortController();
beforeEach(() => {
  over = new AbortController();
});
afterEach(() => over.abort());

const metricOf = (preset: PresetName, more: Partial<Metric> = {}): Metric => ({
  name: 'preset',
  preset,
  ...more,
});

const namesOf = (one: Metric): readonly string[] => expandPreset(one).map(({ name }) => name);

/** The page after so many scrapes: every figure grows by itself with each. */
const grown = (page: string, scrapes: number): string =>
  page.replaceAll(/ ([0-9.]+)$/gm, (_, value: string) => ` ${Number(value) * scrapes}`);

/** A Prometheus that has scraped a pod with this page for some minutes. */
async function scraped(page: string): Promise<(query: string) => Promise<ReadonlyMap<string, number>>> {
  const clock = new VirtualClock();
  let scrapes = 0;
  const target = { labels: { pod: POD, namespace: 'vision' }, scrape: () => grown(page, ++scrapes) };
  const prometheus = new PrometheusDouble({ clock, targets: () => [target], scrapeInterval: SCRAPE_MS });
  void prometheus.run(over.signal);
  await clock.advance(5 * 60_000);
  return async (query) => {
    const body = new URLSearchParams({ query }).toString();
    const url = 'http://prometheus:9090/api/v1/query';
    const result = await prometheus.exchange({ url, headers: {}, body, timeout: 10_000, maxBytes: 1e6 });
    if (result.kind !== 'answer') throw new Error(result.message);
    const answer = JSON.parse(result.body) as {
      error?: string;
      data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    if (answer.data === undefined) throw new Error(answer.error);
    return new Map(
      answer.data.result.map(({ metric: labels, value }) => [
        labels['outrigger_part'] ?? labels['le'] ?? '',
        Math.round((Number(value[1]) / A_MINUTE) * 1000) / 1000,
      ]),
    );
  };
}

/** What a metric measures on a page: each figure as the page has it. */
async function figures(one: Metric, ask: Awaited<ReturnType<typeof scraped>>): Promise<object> {
  const increase = async (text: string): Promise<number | undefined> => {
    const counters = parseCounterSum(text, 'mean');
    if ('error' in counters) throw new Error(counters.error);
    return (await ask(`sum by (pod) (${increaseOf(counters, OPTIONS)})`)).get('');
  };
  if (one.ratio !== undefined) {
    const built = ratioQuery(one.ratio, OPTIONS);
    if ('error' in built) throw new Error(built.error);
    return Object.fromEntries(await ask(built.query));
  }
  if (one.mean !== undefined) {
    return { sum: await increase(one.mean.sum), count: await increase(one.mean.count) };
  }
  if (one.latency !== undefined) {
    const { histogram } = one.latency;
    const buckets = await ask(`sum by (pod, le) (increase(${histogram}_bucket[1m]))`);
    return Object.fromEntries(buckets);
  }
  return { pods: one.pods };
}

const MEASURED: Readonly<Record<PresetName, Readonly<Record<string, object>>>> = {
  triton: {
    'triton-errors': { bad: 10, total: 150 },
    'triton-latency': { sum: 2_000_000, count: 140 },
  },
  kserve: {
    'kserve-errors': { bad: 5, total: 100 },
    'kserve-latency': { sum: 4.5, count: 100 },
  },
  ovms: {
    'ovms-errors': { bad: 4, total: 100 },
    'ovms-latency': { '10.0': 0, '18.0': 35, '+Inf': 90 },
  },
  vllm: {
    'vllm-errors': { bad: 6, total: 100 },
    'vllm-latency': { '1.0': 30, '+Inf': 90 },
    'vllm-first-token': { '0.1': 40, '+Inf': 90 },
  },
  llamacpp: {
    'llamacpp-latency': { sum: 25, count: 500 },
    'llamacpp-prompt-latency': { sum: 4, count: 2000 },
    'llamacpp-health': { pods: ['restarts', 'notReady'] },
  },
  outrigger: {
    'outrigger-errors': { bad: 2, total: 100 },
    'outrigger-latency': { '0.1': 70, '+Inf': 100 },
    'outrigger-confidence': { sum: 88, count: 97 },
  },
};

describe('a preset', () => {
  test.each(PRESETS)('%s measures what its server exports, and nothing beside it', async (preset) => {
    const ask = await scraped(PRESET_PAGES[preset]);
    const found: Record<string, object> = {};
    const more = preset === 'outrigger' ? { maxDecrease: { relative: '5%' } } : {};
    for (const one of expandPreset(metricOf(preset, more))) found[one.name] = await figures(one, ask);
    expect(found).toEqual(MEASURED[preset]);
  });

  it('of OVMS counts requests also where a server has never failed one', async () => {
    const page = PRESET_PAGES.ovms.replaceAll(/^ovms_requests_fail\{.*\n/gm, '');
    const [errors] = expandPreset(metricOf('ovms'));
    expect(errors && (await figures(errors, await scraped(page)))).toEqual({ total: 96 });
  });

  test.each(PRESETS)('%s stands for metrics that could be written out', (preset) => {
    const carried = {
      maxIncrease: { relative: '20%' },
      minRequestsPerNode: 50,
      max: '5%',
      onFail: 'Pause',
    } as const;
    for (const one of [...expandPreset(metricOf(preset)), ...expandPreset(metricOf(preset, carried))]) {
      expect(metric.safeParse(one)).toMatchObject({ success: true, data: one });
      expect(METRIC_KINDS.filter((kind) => one[kind] !== undefined)).toHaveLength(1);
    }
  });

  it('is called by its own name where it has one', () => {
    expect(namesOf(metricOf('triton'))).toEqual(['triton-errors', 'triton-latency']);
    expect(namesOf(metricOf('triton', { name: 'front' }))).toEqual(['front-errors', 'front-latency']);
  });

  it('has margins of its own', () => {
    expect(expandPreset(metricOf('outrigger')).map(({ maxIncrease }) => maxIncrease)).toEqual([
      { relative: '50%', absolute: '0.2%' },
      { relative: '15%' },
    ]);
  });

  it('passes on what it carries to each of its metrics that it has a meaning for', () => {
    const carried = {
      maxIncrease: { relative: '30%', absolute: '1%' },
      max: '5%',
      minRequestsPerNode: 20,
      variants: ['orin-trt'],
      onFail: 'Pause',
    } as const;
    const common = { minRequestsPerNode: 20, variants: ['orin-trt'], onFail: 'Pause' };
    expect(expandPreset(metricOf('ovms', carried))).toMatchObject([
      { ...common, maxIncrease: { relative: '30%', absolute: '1%' }, max: '5%' },
      { ...common, maxIncrease: { relative: '30%' } },
    ]);
    const [, latency] = expandPreset(metricOf('ovms', carried));
    expect(latency).not.toHaveProperty('max');
    expect(latency?.maxIncrease).not.toHaveProperty('absolute');
    const health = expandPreset(metricOf('llamacpp', carried))[2];
    expect(health).toEqual({
      name: 'llamacpp-health',
      pods: ['restarts', 'notReady'],
      variants: ['orin-trt'],
      onFail: 'Pause',
    });
  });

  it('judges confidence only where it says how much lower is harm', () => {
    expect(namesOf(metricOf('outrigger'))).toEqual(['outrigger-errors', 'outrigger-latency']);
    expect(expandPreset(metricOf('outrigger', { maxDecrease: { relative: '5%' } }))[2]).toEqual({
      name: 'outrigger-confidence',
      mean: { sum: 'model_confidence_sum', count: 'model_confidence_count' },
      maxDecrease: { relative: '5%' },
    });
  });

  it('leaves other metrics as they are', () => {
    const one: Metric = { name: 'health', pods: ['restarts'] };
    expect(expandPreset(one)).toEqual([one]);
  });
});
