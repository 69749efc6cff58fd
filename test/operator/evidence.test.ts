import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PrometheusDouble } from '../../src/sim/prometheus/prometheus-double.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import { type Lab, startLab } from './harness.ts';
import { NAME, quickstart } from './manifests.ts';

let lab: Lab;

const FILE = quickstart('02-rollout');
/** The quick start's, with a soak long enough for data to get old in it. */
const ROLLOUT = {
  ...FILE,
  spec: {
    ...FILE.spec,
    waves: [
      { name: 'canary', nodes: 3, soak: '60s' },
      { name: 'all', nodes: '100%' },
    ],
  },
};

beforeEach(async () => {
  lab = await startLab({ nodes: edgeNodes(30) });
  await lab.apply(ROLLOUT);
  await lab.apply(quickstart('01-model'));
  await lab.untilReady('2.4.0');
  // Nodes have a past by now.
  await lab.run(60);
});

afterEach(() => lab.stop());

interface Trouble {
  readonly name: string;
  readonly reason: string;
  /** When in the measured window it begins, in seconds. */
  readonly at: number;
  readonly begins: (prometheus: PrometheusDouble) => void;
  /** What is tried meanwhile; the healthy version. */
  readonly files?: readonly ('03-healthy' | '04-bad')[];
  readonly ends: (prometheus: PrometheusDouble) => void;
}

const fine = (prometheus: PrometheusDouble): void => {
  prometheus.fault = { kind: 'none' };
  prometheus.stale = false;
};

const TROUBLES: readonly Trouble[] = [
  {
    name: 'a Prometheus that knows no series',
    reason: 'NoData',
    at: 0,
    begins: (prometheus) => (prometheus.fault = { kind: 'empty' }),
    files: ['03-healthy', '04-bad'],
    ends: fine,
  },
  {
    name: 'a Prometheus that is down',
    reason: 'PrometheusUnreachable',
    at: 0,
    begins: (prometheus) => (prometheus.fault = { kind: 'down' }),
    ends: fine,
  },
  {
    name: 'a Prometheus that takes too long',
    reason: 'QueryTimeout',
    at: 0,
    begins: (prometheus) => (prometheus.fault = { kind: 'slow', ms: 60_000 }),
    ends: fine,
  },
  {
    name: 'a Prometheus that answers 503',
    reason: 'PrometheusUnreachable',
    at: 0,
    begins: (prometheus) => (prometheus.fault = { kind: 'failing', status: 503 }),
    ends: fine,
  },
  {
    name: 'scraping that stops in mid-soak',
    reason: 'StaleData',
    at: 22,
    begins: (prometheus) => (prometheus.stale = true),
    ends: fine,
  },
];

/** Runs until so many seconds of the 60 that are measured have passed. */
async function intoWindow(seconds: number): Promise<void> {
  const until = Date.parse((await lab.rollout()).status?.wave?.soakedUntil ?? '');
  await lab.run(Math.max(0, (until - 60_000 - lab.now()) / 1000) + seconds);
}

describe.each(TROUBLES)('$name', ({ reason, at, begins, ends, files = ['03-healthy'] }) => {
  it.each(files)(`is ${reason}: it neither promotes nor rolls back %s`, async (file) => {
    const { prometheus } = lab.simulation;
    await lab.apply(quickstart(file));
    await lab.untilPhase('Soaking');
    await intoWindow(at);
    begins(prometheus);
    await lab.untilReason(reason, NAME, 240);
    await lab.run(90);
    const { version } = quickstart(file).spec;
    expect(await lab.versions()).toEqual({ '2.4.0': 21, [version]: 9 });
    const { status } = await lab.rollout();
    expect(status?.rejected ?? []).toEqual([]);
    expect(status?.verdict ?? 'Undecided').toBe('Undecided');

    ends(prometheus);
    const end =
      file === '03-healthy' ? { phase: 'Promoted', version } : { phase: 'RolledBack', version: '2.4.0' };
    // Four fifths of the samples since the window began: what is missing takes its time.
    await lab.untilPhase(end.phase, NAME, 1800);
    await lab.run(30);
    expect(await lab.versions()).toEqual({ [end.version]: 30 });
  });
});

it('gaps in the data are PartialData: held, and promoted once they are a small part', async () => {
  const { prometheus } = lab.simulation;
  await lab.apply(quickstart('03-healthy'));
  await lab.untilPhase('Soaking');
  await intoWindow(2);
  prometheus.stale = true;
  await lab.run(24);
  prometheus.stale = false;
  await lab.untilReason('PartialData', NAME, 120);
  expect((await lab.versions())['2.4.1']).toBe(9);
  await lab.untilReady('2.4.1');
});

it('candidates that give no metrics are NoCandidateData: held for as long as it takes', async () => {
  const silent = quickstart('03-healthy');
  const template = {
    ...silent.spec.template,
    metadata: { annotations: { 'sim.outrigger.dev/no-metrics': 'true' } },
  };
  await lab.apply({ ...silent, spec: { ...silent.spec, template } });
  await lab.untilReason('NoCandidateData');
  await lab.run(300);
  expect(await lab.versions()).toEqual({ '2.4.0': 21, '2.4.1': 9 });
  const { status } = await lab.rollout();
  expect(status?.rejected ?? []).toEqual([]);
  expect(status?.message).toMatch(/none of the 3 candidates has a sample, the controls do/);
});

it('onInconclusive Revert takes back what found no evidence, and rejects nothing', async () => {
  await lab.apply({
    ...ROLLOUT,
    spec: { ...ROLLOUT.spec, onInconclusive: 'Revert', inconclusiveAfter: '3m' },
  });
  lab.simulation.prometheus.fault = { kind: 'empty' };
  await lab.apply(quickstart('03-healthy'));
  await lab.untilReason('Inconclusive');
  await lab.until('all serve stable', async () => (await lab.versions())['2.4.0'] === 30, 60);
  const { status } = await lab.rollout();
  expect(status?.rejected ?? []).toEqual([]);
  // What a person would retry is named.
  expect(status?.message).toContain(`retry=${status?.candidate?.revision}.${status?.candidate?.attempt}`);
  // Nor is it started again by itself.
  lab.simulation.prometheus.fault = { kind: 'none' };
  lab.restartOperator();
  await lab.run(120);
  expect(await lab.versions()).toEqual({ '2.4.0': 30 });
});
