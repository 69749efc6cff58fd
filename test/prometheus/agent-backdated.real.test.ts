import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Evidence } from '../../src/judge/evidence.ts';
import { PrometheusEvidenceSource } from '../../src/prometheus/evidence-source.ts';
import { nodeExchange } from '../../src/prometheus/node-exchange.ts';
import type { ToolOutcome } from '../binaries/run-tool.ts';
import { runTool } from '../binaries/run-tool.ts';
import { describeReal } from '../setup/describe-real.ts';
import { CONNECTED, DARK, questionOf, samples, verdictsOf } from './agent-fleet.ts';
import type { OwnPrometheus } from './agent-prometheus.ts';
import { PrometheusGroup } from './agent-prometheus.ts';
import { configOf } from './deploy-manifests.ts';
import { MEMBERS } from './judged-pods.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describeReal('samples that are hours late at the central Prometheus', () => {
  const client = nodeExchange();
  const source = new PrometheusEvidenceSource(client.exchange);
  // A soak of 20 minutes that ended six hours ago, scraped every 15 s.
  const from = Math.floor(Date.now() / MINUTE) * MINUTE - 6 * HOUR;
  const window = { from, to: from + 20 * MINUTE, resolution: MINUTE };
  const soak = Array.from({ length: 85 }, (_, index) => from - MINUTE + index * 15_000);
  const recent = [Date.now() - MINUTE];
  const centrals: Record<string, OwnPrometheus> = {};
  let group: PrometheusGroup | undefined;

  beforeAll(async () => {
    group = await PrometheusGroup.open();
    const { storage } = configOf('central.yaml');
    const flags = ['--web.enable-remote-write-receiver'];
    for (const [name, config] of Object.entries({ windowed: { storage }, plain: {}, undisturbed: {} })) {
      centrals[name] = await group.start({ name, config, flags });
    }
  });
  afterAll(async () => {
    client.close();
    await group?.close();
  });

  const addressOf = (name: string): string => centrals[name]?.address ?? '';

  /** By remote write, as an agent sends it. */
  const push = (name: string, text: string): Promise<ToolOutcome> =>
    runTool('promtool', ['push', 'metrics', addressOf(name)], { input: text });

  const sent = async (name: string, ...texts: readonly string[]): Promise<void> => {
    for (const text of texts) {
      const { code, stderr } = await push(name, text);
      if (code !== 0) throw new Error(stderr);
    }
  };

  const evidence = (name: string): Promise<Evidence> => source.fetch(questionOf(addressOf(name), window));

  it('are taken within the out-of-order window and judged as if they had never been late', async () => {
    // Nobody was away.
    await sent('undisturbed', samples(MEMBERS, soak, soak[0] ?? 0), samples(CONNECTED, recent, soak[0] ?? 0));
    const expected = await evidence('undisturbed');
    expect(verdictsOf(expected, window)).toEqual(['Fail HarmBeyondMargin', 'Fail HarmBeyondMargin']);

    // Half of the nodes were dark, and those that were not have moved the newest sample on by six hours.
    await sent('windowed', samples(CONNECTED, soak, soak[0] ?? 0), samples(CONNECTED, recent, soak[0] ?? 0));
    const half = await evidence('windowed');
    expect(half).not.toEqual(expected);
    // Such harm is seen on half of the nodes as well; nothing could pass on them.
    expect(verdictsOf(half, window)).toEqual(['Fail HarmBeyondMargin', 'Fail HarmBeyondMargin']);

    await sent('windowed', samples(DARK, soak, soak[0] ?? 0));
    expect(await evidence('windowed')).toEqual(expected);
  });

  it('are refused without it, and stay missing', async () => {
    await sent('plain', samples(CONNECTED, soak, soak[0] ?? 0), samples(CONNECTED, recent, soak[0] ?? 0));
    const before = await evidence('plain');
    const late = await push('plain', samples(DARK, soak, soak[0] ?? 0));
    expect(late.code).not.toBe(0);
    expect(late.stderr).toMatch(/out of bounds/u);
    expect(await evidence('plain')).toEqual(before);
  });
});
