import { beforeEach, describe, expect, it } from 'vitest';
import type { JudgeNeed } from '../core/rollout/judge-need.ts';
import { unpackNumbers } from '../core/rollout/packed-numbers.ts';
import type { Track } from '../judge/trial/trial.ts';
import type { EvidenceLook, LookResult, MetricState } from './evidence-cache/evidence-cache.ts';
import { type JudgeOptions, judgeWave } from './judge-wave.ts';

const NODES = 20;
const CANARIES = 4;
const HISTORY = 60;

const metric = {
  name: 'errors',
  ratio: { bad: 'bad_total', total: 'all_total' },
  maxIncrease: { absolute: '2%' },
};
const nodes = Array.from({ length: NODES }, (_, index) => ({
  node: `edge-${index}`,
  cohort: 'cpu',
  candidate: index < CANARIES,
  key: `pod-${index}`,
  historyKey: `old-${index}`,
}));

const needOf = (minute: number, more: Partial<JudgeNeed> = {}): JudgeNeed => ({
  kind: 'Judge',
  key: `a.1/0/0/1/${minute}`,
  owner: 'defects',
  subject: 'a.1/0/0/1',
  design: {
    falseRollbackRate: 0.01,
    method: 'Auto',
    seed: 'seed',
    horizonMinutes: 60,
    metrics: [{ name: 'errors', kind: 'ratio', maxIncrease: { absolute: 0.02 }, minRequestsPerNode: 100 }],
    undrawn: [],
    memoryWhole: true,
  },
  nodes,
  metrics: [{ metric, cohorts: ['cpu'] }],
  from: 1_000_000,
  resolutionMs: 60_000,
  minute,
  historyEnd: 900_000,
  historyMs: 3_600_000,
  groupBy: 'pod',
  memory: {},
  baselines: undefined,
  prometheus: undefined,
  namespace: 'vision',
  ...more,
});

/** 600 requests a minute on each node, of which so many in a hundred are bad. */
const tracksOf = (minute: number, candidates: number, controls = 1): readonly Track[] =>
  nodes.map(({ node, cohort, candidate }, index) => {
    const minutes = Array.from({ length: HISTORY + minute }, (_, at) => at - HISTORY);
    const share = (at: number) => (candidate && at >= 0 ? candidates : controls);
    return {
      name: node,
      cohort,
      candidate,
      minutes,
      arrived: minutes.map(() => minute),
      series: {
        errors: {
          total: minutes.map(() => 600),
          bad: minutes.map((at) => 6 * share(at) + ((at * 7 + index * 3) % 3) - 1),
        },
      },
    };
  });

let asked: EvidenceLook[];
let pauses: number;
let samples: readonly Track[];
let states: ReadonlyMap<string, MetricState>;
let options: JudgeOptions;

beforeEach(() => {
  asked = [];
  pauses = 0;
  samples = tracksOf(10, 1);
  states = new Map([['errors', {}]]);
  options = {
    samples: {
      look: async (look): Promise<LookResult> => {
        asked.push(look);
        return { tracks: samples, coarse: () => undefined, metrics: states };
      },
    },
    clock: { now: () => 1_630_000, sleep: () => Promise.resolve(), turn: async () => void (pauses += 1) },
    secrets: {
      read: async () => ({ annotations: {}, data: {} }),
    },
    metrics: { fetch: async () => ({ kind: 'samples', samples: [] }), describe: () => ({ query: '' }) },
    defaultAddress: 'http://prometheus:9090',
  };
});

const unreachable: MetricState = {
  problem: { kind: 'unavailable', reason: 'PrometheusUnreachable', message: 'connection refused' },
};

describe('a look at a wave', () => {
  it('asks for the steps that are over, and freezes what was before', async () => {
    const answer = await judgeWave(options, needOf(10));
    expect(asked).toMatchObject([
      {
        owner: 'vision/defects',
        subject: 'a.1/0/0/1',
        from: 1_000_000,
        until: 1_600_000,
        historyEnd: 900_000,
        connection: { address: 'http://prometheus:9090' },
        metrics: [{ name: 'errors', query: { kind: 'ratio', bad: 'bad_total', total: 'all_total' } }],
      },
    ]);
    if (answer.kind !== 'Looked') throw new Error(answer.message);
    const baselines = unpackNumbers(answer.baselines) as Record<
      string,
      { readonly rates: readonly number[] }
    >;
    expect(baselines['errors']?.rates).toHaveLength(NODES);
    for (const rate of baselines['errors']?.rates ?? []) expect(rate).toBeCloseTo(0.01, 2);
    expect(pauses).toBeGreaterThan(2);
  });

  it('says the same with what was frozen at the first look as at that look', async () => {
    const first = await judgeWave(options, needOf(10));
    if (first.kind !== 'Looked') throw new Error(first.message);
    const again = await judgeWave(options, needOf(10, { baselines: first.baselines }));
    expect(again).toEqual(first);
  });

  it('finds harm, and that there is none', async () => {
    samples = tracksOf(20, 6);
    expect(await judgeWave(options, needOf(20))).toMatchObject({
      verdict: 'Fail',
      memory: { failed: { metrics: ['errors'], cohorts: ['cpu'] } },
    });
    samples = tracksOf(60, 1);
    expect(await judgeWave(options, needOf(60))).toMatchObject({ verdict: 'Pass' });
  });

  it('freezes nothing where a metric cannot be asked', async () => {
    states = new Map([['errors', unreachable]]);
    expect(await judgeWave(options, needOf(10))).toEqual({
      kind: 'Unavailable',
      reason: 'PrometheusUnreachable',
      message: 'metric errors: connection refused',
    });
  });

  it('passes nothing that cannot be asked for now, and fails it on what is known', async () => {
    samples = tracksOf(60, 1);
    const first = await judgeWave(options, needOf(60));
    if (first.kind !== 'Looked') throw new Error(first.message);
    expect(first.verdict).toBe('Pass');
    states = new Map([['errors', unreachable]]);
    const { baselines } = first;
    expect(await judgeWave(options, needOf(60, { baselines }))).toMatchObject({
      verdict: 'Undecided',
      reason: 'PrometheusUnreachable',
      metrics: [{ verdict: 'Undecided', cohorts: [{ cohort: 'cpu', reason: 'PrometheusUnreachable' }] }],
    });
    samples = tracksOf(60, 6);
    expect(await judgeWave(options, needOf(60, { baselines }))).toMatchObject({
      verdict: 'Fail',
      metrics: [{ verdict: 'Fail', cohorts: [{ verdict: 'Fail' }] }],
    });
  });

  it('asks for a metric of some variants on their nodes only', async () => {
    const split = nodes.map((each, index) => ({ ...each, cohort: index % 2 === 0 ? 'cpu' : 'gpu' }));
    await judgeWave(options, needOf(10, { nodes: split }));
    expect(asked[0]?.metrics[0]?.nodes).toEqual(
      new Set(split.filter(({ cohort }) => cohort === 'cpu').map(({ node }) => node)),
    );
  });

  it('takes no look where the Secret may not be used', async () => {
    const prometheus = { address: 'http://elsewhere:9090', secretRef: { name: 'metrics' } };
    expect(await judgeWave(options, needOf(10, { prometheus }))).toMatchObject({
      kind: 'Unavailable',
      reason: 'CredentialsRefused',
    });
    expect(asked).toEqual([]);
  });

  it('calls a resolution too fine where samples are missing for it', async () => {
    const whole = tracksOf(60, 1);
    const first = await judgeWave(options, needOf(10));
    if (first.kind !== 'Looked') throw new Error(first.message);
    states = new Map([['errors', { scrapesPerSample: 1 }]]);
    samples = whole.map((track) => ({
      ...track,
      minutes: track.minutes.map((at) => (at < 20 ? at : at + 500)),
    }));
    const { baselines } = first;
    expect(await judgeWave(options, needOf(60, { baselines }))).toMatchObject({
      metrics: [
        {
          verdict: 'Undecided',
          reason: 'ResolutionTooFine',
          message:
            'a sample of 60s holds 1.0 scrapes and needs two: raise analysis.resolution to at least 2m',
        },
      ],
    });
  });

  it('believes no ratio whose bad requests are more than all', async () => {
    const first = await judgeWave(options, needOf(10));
    if (first.kind !== 'Looked') throw new Error(first.message);
    samples = tracksOf(30, 400);
    const answer = await judgeWave(options, needOf(30, { baselines: first.baselines }));
    expect(answer).toMatchObject({ verdict: 'Undecided', reason: 'BadExceedsTotal', memory: {} });
    expect(await judgeWave(options, needOf(30))).toMatchObject({
      kind: 'Unavailable',
      reason: 'BadExceedsTotal',
    });
  });
});
