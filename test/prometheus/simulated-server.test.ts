import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { LookResult } from '../../src/controller/evidence-cache/evidence-cache.ts';
import { EvidenceCache } from '../../src/controller/evidence-cache/evidence-cache.ts';
import { PrometheusEvidenceSource } from '../../src/prometheus/evidence-source.ts';
import { behaviourOf } from '../../src/sim/inference/behaviour.ts';
import { Environment } from '../../src/sim/inference/environment.ts';
import { InferenceServer } from '../../src/sim/inference/inference-server.ts';
import { PrometheusDouble } from '../../src/sim/prometheus/prometheus-double.ts';
import { VirtualClock } from '../../src/sim/virtual-clock.ts';

const MINUTE = 60_000;
const HISTORY = 15;
const WINDOW = 5;
const HARM = {
  'sim.outrigger.dev/latency': 'x2',
  'sim.outrigger.dev/confidence': '-0.2',
  'sim.outrigger.dev/score-shift': '-2',
  'sim.outrigger.dev/error-rate': '20%',
};

/** All that the simulated inference server exports, by way of the simulated Prometheus, of three nodes. */
describe('evidence of simulated inference servers', () => {
  const over = new AbortController();
  let result: LookResult | undefined;

  beforeAll(async () => {
    const clock = new VirtualClock();
    const environment = new Environment('seed', clock.now(), { lowest: 20, highest: 30 });
    const serverOf = (node: string, pod: string, annotations: Record<string, string>) =>
      new InferenceServer({
        seed: pod,
        environment: environment.node(node, 'orin', { errorRate: 0.01, medianLatency: 0.03 }),
        behaviour: behaviourOf(annotations),
        device: 'gpu',
        startedAt: clock.now(),
        share: () => 1,
      });
    const targetOf = (node: string, pod: string, annotations: Record<string, string> = {}) => {
      const server = serverOf(node, pod, annotations);
      return { labels: { pod, node }, scrape: () => server.page(clock.now()) };
    };
    let targets = ['a', 'b', 'c'].map((node) => targetOf(node, `${node}-old`));
    const prometheus = new PrometheusDouble({ clock, targets: () => targets });
    prometheus.run(over.signal).catch(() => undefined);
    await clock.advance(HISTORY * MINUTE);
    const historyEnd = clock.now();
    targets = [targetOf('a', 'a-new', HARM), ...targets.slice(1)];
    await clock.advance(2 * MINUTE);
    const from = clock.now();
    const cache = new EvidenceCache(new PrometheusEvidenceSource(prometheus.exchange), () =>
      Promise.resolve(),
    );
    for (let minute = 1; minute <= WINDOW; minute++) {
      await clock.advance(MINUTE);
      result = await cache.look({
        owner: 'vision/defects',
        subject: 'abc.1/canary',
        connection: { address: 'http://double', headers: {}, matchLabels: {}, timeout: 10_000 },
        groupBy: 'pod',
        nodes: ['a', 'b', 'c'].map((node) => ({
          node,
          cohort: 'orin',
          candidate: node === 'a',
          key: node === 'a' ? 'a-new' : `${node}-old`,
          historyKey: `${node}-old`,
        })),
        metrics: [
          {
            name: 'errors',
            query: { kind: 'ratio', bad: 'model_requests_total{code=~"5.."}', total: 'model_requests_total' },
          },
          { name: 'latency', query: { kind: 'latency', histogram: 'model_request_seconds' } },
          { name: 'score', query: { kind: 'drift', histogram: 'model_score' } },
          {
            name: 'confidence',
            query: { kind: 'mean', sum: 'model_confidence_sum', count: 'model_confidence_count' },
          },
        ],
        from,
        historyEnd,
        history: (HISTORY - 1) * MINUTE,
        resolution: MINUTE,
        now: clock.now(),
        until: clock.now(),
      });
    }
  });
  afterAll(() => over.abort());

  /** The share of the upper part of a node's series, before the switch and after it. */
  const shares = (
    name: string,
    metric: string,
    upper: (series: UpperOf, at: number) => readonly [number, number],
  ) => {
    const track = result?.tracks.find((each) => each.name === name);
    const series = track?.series[metric];
    if (track === undefined || series === undefined) throw new Error(`${name} has no ${metric}`);
    return [false, true].map((after) => {
      const [part, whole] = track.minutes.reduce<readonly [number, number]>(
        ([a, b], minute, at) => {
          if (minute >= 0 !== after) return [a, b];
          const [c, d] = upper(series as UpperOf, at);
          return [a + c, b + d];
        },
        [0, 0],
      );
      return part / whole;
    });
  };

  it('has every step of every node but those of the change', () => {
    for (const { minutes } of result?.tracks ?? []) {
      expect(minutes).toEqual([
        ...Array.from({ length: HISTORY - 1 }, (_, i) => i - HISTORY - 1),
        ...Array.from({ length: WINDOW }, (_, i) => i),
      ]);
    }
    expect(
      [...(result?.metrics ?? [])].map(([name, { bounds, problem }]) => [name, bounds?.length, problem]),
    ).toEqual([
      ['errors', undefined, undefined],
      ['latency', 11, undefined],
      ['score', 10, undefined],
      ['confidence', undefined, undefined],
    ]);
  });

  it.each([
    ['errors', 1, ({ bad, total }: UpperOf, at: number) => [bad?.[at] ?? 0, total?.[at] ?? 0] as const],
    ['latency', 1, ({ buckets }: UpperOf, at: number) => aboveAndAll(buckets?.[at], 4)],
    ['score', -1, ({ buckets }: UpperOf, at: number) => aboveAndAll(buckets?.[at], 8)],
    ['confidence', -1, ({ sum, count }: UpperOf, at: number) => [sum?.[at] ?? 0, count?.[at] ?? 0] as const],
  ] as const)('shows what the candidate does to %s, and to nobody else', (metric, way, upper) => {
    const [before = NaN, after = NaN] = shares('a', metric, upper);
    expect(way * (after - before)).toBeGreaterThan(0.1);
    for (const control of ['b', 'c']) {
      const [past = NaN, present = NaN] = shares(control, metric, upper);
      expect(Math.abs(present - past)).toBeLessThan(0.06);
    }
  });
});

type UpperOf = Readonly<Record<'bad' | 'total' | 'sum' | 'count', readonly number[] | undefined>> & {
  readonly buckets?: readonly (readonly number[])[];
};

/** Counts in the buckets from number `from` on, and in all. */
function aboveAndAll(buckets: readonly number[] = [], from: number): readonly [number, number] {
  return [sum(buckets.slice(from)), sum(buckets)];
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
