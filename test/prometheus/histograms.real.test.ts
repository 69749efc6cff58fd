import { createServer, type Server } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Counter, Histogram, Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { EvidenceCache } from '../../src/controller/evidence-cache/evidence-cache.ts';
import type { MetricQuery } from '../../src/controller/ports/metrics-source.ts';
import type { Evidence } from '../../src/judge/evidence.ts';
import { PrometheusEvidenceSource } from '../../src/prometheus/evidence-source.ts';
import { nodeExchange } from '../../src/prometheus/node-exchange.ts';
import { freePorts } from '../controlplane/ports.ts';
import { describeReal } from '../setup/describe-real.ts';
import type { OwnPrometheus } from './agent-prometheus.ts';
import { PrometheusGroup } from './agent-prometheus.ts';
import type { HistogramPod, Telling } from './histogram-pods.ts';
import { BOUNDS, histogramOf, sharesOf } from './histogram-pods.ts';
import { histogramPage, PROTOBUF_TYPE } from './protobuf-page.ts';

const STEP_MS = 3000;
const NAME = 'lat_seconds';

/** One page each; the label pod says which. The job `nhcb` keeps classic histograms as native ones. */
const pod = (name: string, telling: Telling, slower = 1): HistogramPod => ({ pod: name, telling, slower });
const PODS = [
  pod('classic-a', 'classic'),
  pod('classic-b', 'classic', 2),
  pod('native-a', 'native'),
  pod('native-b', 'native', 2),
  pod('coarse-a', 'coarse'),
  pod('both-a', 'both'),
  pod('odd-a', 'odd'),
  pod('nhcb-a', 'classic', 2),
];

type Samples = Extract<Evidence, { kind: 'samples' }>;

/**
 * Native histograms are scraped in the protobuf format alone, which prom-client does not write: those pages are
 * encoded by this test. The page `/client` is prom-client's own, with classic histograms, sums and counts.
 */
describeReal('histograms and means from a real Prometheus', () => {
  const client = nodeExchange();
  const source = new PrometheusEvidenceSource(client.exchange);
  const registry = new Registry();
  let group: PrometheusGroup | undefined;
  let server: Server | undefined;
  let prometheus: OwnPrometheus | undefined;
  /** Ms; the window's end. */
  let now = 0;

  const evidence = async (query: MetricQuery, keys: readonly string[], steps = 4): Promise<Evidence> =>
    source.fetch({
      connection: { address: prometheus?.address ?? '', headers: {}, matchLabels: {}, timeout: 10_000 },
      query,
      window: { from: now - steps * STEP_MS, to: now, resolution: STEP_MS },
      groupBy: 'pod',
      keys,
      nodes: [],
    });
  const samples = async (query: MetricQuery, keys: readonly string[], steps = 4): Promise<Samples> => {
    const found = await evidence(query, keys, steps);
    if (found.kind !== 'samples') throw new Error(found.message);
    return found;
  };
  const latency = { kind: 'latency', histogram: NAME } as const;
  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const began = Date.now();
    const ofClient = new Histogram({
      name: 'client_seconds',
      help: 'h',
      labelNames: ['code'],
      buckets: [0.1, 1],
      registers: [registry],
    });
    const sum = new Counter({ name: 'client_confidence_sum', help: 'h', registers: [registry] });
    const count = new Counter({ name: 'client_confidence_count', help: 'h', registers: [registry] });
    let served = 0;
    server = createServer((request, response) => {
      const seconds = Math.floor((Date.now() - began) / 1000);
      const page = PODS.find((each) => request.url === `/${each.pod}`);
      if (page !== undefined) {
        response
          .setHeader('content-type', PROTOBUF_TYPE)
          .end(histogramPage(NAME, [histogramOf(page, seconds)]));
        return;
      }
      for (; served < seconds; served++) {
        for (const value of [0.05, 0.05, 0.5, 5]) ofClient.observe({ code: '200' }, value);
        ofClient.observe({ code: '500' }, 0.05);
        sum.inc(1.5);
        count.inc(2);
      }
      void registry
        .metrics()
        .then((text) => response.setHeader('content-type', registry.contentType).end(text));
    }).listen(port, '127.0.0.1');
    const target = `127.0.0.1:${port}`;
    group = await PrometheusGroup.open();
    prometheus = await group.start({
      name: 'histograms',
      config: {
        global: {
          scrape_interval: '1s',
          scrape_timeout: '1s',
          scrape_native_histograms: true,
          always_scrape_classic_histograms: true,
        },
        scrape_configs: [
          ...PODS.map(({ pod: name }) => ({
            job_name: name,
            metrics_path: `/${name}`,
            static_configs: [{ targets: [target] }],
            ...(name.startsWith('nhcb') && {
              convert_classic_histograms_to_nhcb: true,
              always_scrape_classic_histograms: false,
            }),
          })),
          { job_name: 'client', static_configs: [{ targets: [target], labels: { pod: 'client' } }] },
        ],
      },
    });
    const limit = Date.now() + 90_000;
    while (((await prometheus.value('min(count_over_time(up[1m]))')) ?? 0) < 20) {
      if (Date.now() > limit) throw new Error('Prometheus did not scrape the pages within 90 s');
      await setTimeout(500);
    }
    now = Math.floor((Date.now() - 2000) / 1000) * 1000;
  }, 180_000);
  afterAll(async () => {
    client.close();
    server?.closeAllConnections();
    server?.close();
    await group?.close();
  });

  it('classic buckets come as counts of each bucket, by the bounds that they have', async () => {
    const found = await samples(latency, ['classic-a', 'classic-b']);
    expect(found).toMatchObject({ bounds: BOUNDS, histograms: 'Classic' });
    expect(found.bucketsDiffer).toBeUndefined();
    for (const { minutes } of found.samples) expect(minutes).toHaveLength(4);
    close(shares(found, 'classic-a'), sharesOf(pod('', 'classic'), BOUNDS), 0.02);
    close(shares(found, 'classic-b'), sharesOf(pod('', 'classic', 2), BOUNDS), 0.02);
  });

  it('native buckets come down to the schema that all have', async () => {
    const fine = await samples(latency, ['native-a', 'native-b']);
    const coarse = await samples(latency, ['native-a', 'native-b', 'coarse-a']);
    expect([fine.histograms, coarse.histograms]).toEqual(['Native', 'Native']);
    expect(fine.bounds?.length).toBeGreaterThan(40);
    // Schema 1 is two buckets from one power of two to the next; above 0.5 s the coarse pod has no request.
    for (const bound of coarse.bounds?.filter((each) => each <= 0.5) ?? []) {
      expect(Math.abs(2 * Math.log2(bound) - Math.round(2 * Math.log2(bound)))).toBeLessThan(1e-9);
    }
    expect(coarse.bucketsDiffer).toBeUndefined();
    for (const found of [fine, coarse]) {
      for (const slower of [1, 2]) {
        const key = slower === 1 ? 'native-a' : 'native-b';
        close(shares(found, key), sharesOf(pod('', 'native', slower), found.bounds ?? []), 0.02);
      }
    }
  });

  it('of both forms the classic one counts, and only it', async () => {
    const found = await samples(latency, ['both-a']);
    expect(found).toMatchObject({ bounds: BOUNDS, histograms: 'Classic' });
    const total = found.samples[0]?.minutes.flatMap(({ buckets = [] }) => buckets).reduce((a, b) => a + b, 0);
    // 40 a second for 12 s, not twice that.
    expect(Math.abs((total ?? 0) - 480)).toBeLessThan(60);
  });

  it('where some have the one form and others the other, native buckets are shared out', async () => {
    const found = await samples(latency, ['classic-a', 'native-a', 'native-b', 'both-a']);
    expect(found).toMatchObject({ bounds: BOUNDS, histograms: 'Mixed' });
    close(shares(found, 'native-a'), sharesOf(pod('', 'native'), BOUNDS), 0.03);
    close(shares(found, 'native-b'), sharesOf(pod('', 'native', 2), BOUNDS), 0.03);
  });

  it('classic histograms that are kept as native ones are classic', async () => {
    const found = await samples(latency, ['classic-a', 'nhcb-a']);
    expect(found).toMatchObject({ bounds: BOUNDS, histograms: 'Classic' });
    close(shares(found, 'nhcb-a'), sharesOf(pod('', 'classic', 2), BOUNDS), 0.02);
  });

  it('a pod whose bounds have nothing in common with the others is named', async () => {
    const found = await samples(latency, ['classic-a', 'classic-b', 'both-a', 'odd-a']);
    expect(found.bucketsDiffer).toMatch(/^the histograms of odd-a have other bounds than the rest/u);
  });

  it('prom-client’s own page: buckets of all codes added up, and a mean', async () => {
    const found = await samples({ kind: 'drift', histogram: 'client_seconds' }, ['client']);
    expect(found).toMatchObject({ bounds: [0.1, 1], histograms: 'Classic' });
    close(shares(found, 'client'), [0.6, 0.2, 0.2], 0.02);
    const bad = await samples({ kind: 'drift', histogram: 'client_seconds{code="500"}' }, ['client']);
    close(shares(bad, 'client'), [1, 0, 0], 0.001);
    const mean = await samples(
      { kind: 'mean', sum: 'client_confidence_sum', count: 'client_confidence_count' },
      ['client'],
    );
    const minutes = mean.samples[0]?.minutes ?? [];
    expect(minutes).toHaveLength(4);
    for (const { sum = NaN, count = NaN } of minutes) expect(sum / count).toBeCloseTo(0.75, 6);
  });

  it('what is not there has no samples, and how often is scraped is told of either form', async () => {
    expect(await samples({ kind: 'latency', histogram: 'no_such' }, ['classic-a'])).toEqual({
      kind: 'samples',
      samples: [],
    });
    // Half of the pods are nowhere, so it is looked up.
    for (const key of ['classic-a', 'native-a']) {
      const found = await samples(latency, [key, 'nowhere', 'neither']);
      expect(found.scrapesPerSample).toBeGreaterThanOrEqual(2);
    }
  });

  it('the cache has of several looks what one question has', async () => {
    const cache = new EvidenceCache(source, () => setImmediate());
    const from = now - 3 * STEP_MS;
    const keys = ['classic-a', 'native-a', 'client'];
    const nodes = keys.map((key) => ({
      node: `node-${key}`,
      cohort: 'orin',
      candidate: key === 'native-a',
      key,
      historyKey: key,
    }));
    const look = (until: number): ReturnType<EvidenceCache['look']> =>
      cache.look({
        owner: 'o',
        subject: 's',
        connection: { address: prometheus?.address ?? '', headers: {}, matchLabels: {}, timeout: 10_000 },
        groupBy: 'pod',
        nodes,
        metrics: [
          { name: 'latency', query: latency, nodes: new Set(['node-classic-a', 'node-native-a']) },
          {
            name: 'confidence',
            query: { kind: 'mean', sum: 'client_confidence_sum', count: 'client_confidence_count' },
            nodes: new Set(['node-client']),
          },
        ],
        from,
        historyEnd: from,
        history: 2 * STEP_MS,
        resolution: STEP_MS,
        now: until,
        until,
      });
    await look(from + STEP_MS);
    await look(from + 2 * STEP_MS);
    const { tracks, metrics } = await look(now);
    expect(metrics.get('latency')).toMatchObject({ bounds: BOUNDS, histograms: 'Mixed' });
    expect(metrics.get('latency')?.problem).toBeUndefined();
    expect(tracks.map(({ minutes }) => minutes)).toEqual(keys.map(() => [-2, -1, 0, 1, 2]));
    expect(tracks[0]?.arrived).toEqual([-1, 0, 1, 2, 3]);
    const whole = await samples(latency, ['classic-a', 'native-a'], 5);
    const buckets = (index: number): unknown => {
      const series = tracks[index]?.series['latency'];
      return series !== undefined && 'buckets' in series ? series.buckets : undefined;
    };
    const of = (key: string): readonly (readonly number[])[] =>
      (whole.samples.find((each) => each.key === key)?.minutes ?? []).map(({ buckets: counts = [] }) =>
        // The cache keeps seven digits.
        counts.map((count) => expect.closeTo(count, 3) as number),
      );
    expect(buckets(0)).toEqual(of('classic-a'));
    expect(buckets(1)).toEqual(of('native-a'));
    expect(tracks[2]?.series['confidence']).toMatchObject({
      count: [6, 6, 6, 6, 6].map(() => expect.closeTo(6, -1) as number),
    });
  });
});

/** The share of each bucket over the whole window. */
function shares({ samples: all }: Samples, key: string): number[] {
  const minutes = all.find((each) => each.key === key)?.minutes ?? [];
  const sums = minutes.reduce<readonly number[]>(
    (sum, { buckets = [] }) => buckets.map((count, index) => count + (sum[index] ?? 0)),
    [],
  );
  const total = sums.reduce((a, b) => a + b, 0);
  return sums.map((count) => count / total);
}
function close(found: readonly number[], expected: readonly number[], within: number): void {
  expect(found).toHaveLength(expected.length);
  for (const [index, share] of expected.entries()) {
    expect(Math.abs((found[index] ?? NaN) - share), `bucket ${index}: ${found.join()}`).toBeLessThan(within);
  }
}
