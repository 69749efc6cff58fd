import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import type { Evidence } from '../../src/judge/evidence.ts';
import { PrometheusEvidenceSource } from '../../src/prometheus/evidence-source.ts';
import { nodeExchange } from '../../src/prometheus/node-exchange.ts';
import { freePorts } from '../controlplane/ports.ts';
import { eventually } from '../operator/real-cluster.ts';
import { describeReal } from '../setup/describe-real.ts';
import { questionOf, samples, verdictsOf } from './agent-fleet.ts';
import { Link } from './agent-link.ts';
import type { OwnPrometheus } from './agent-prometheus.ts';
import { PrometheusGroup } from './agent-prometheus.ts';
import type { PrometheusConfig } from './deploy-manifests.ts';
import { configOf } from './deploy-manifests.ts';
import { MEMBERS } from './judged-pods.ts';

const RECEIVER = ['--web.enable-remote-write-receiver'];
/**
 * A centre refuses what is older than its newest sample by half of its shortest block, which is two hours by default:
 * with blocks of ten seconds an outage of half a minute is as one of hours.
 */
const SHORT_BLOCKS = '--storage.tsdb.min-block-duration=10s';
const LIMIT_MS = 300_000;

interface RemoteWrite {
  readonly queue_config: Readonly<Record<string, unknown>>;
}

describeReal('an agent that is cut off from the centre', () => {
  const client = nodeExchange();
  const source = new PrometheusEvidenceSource(client.exchange);
  const { storage } = configOf('central.yaml');
  const links: Link[] = [];
  let site: Server | undefined;
  let sitePort = 0;
  let group: PrometheusGroup | undefined;

  beforeAll(async () => {
    vi.stubEnv('CLUSTER', 'edge-1');
    vi.stubEnv('SITE', 'ulm');
    const started = Date.now();
    [sitePort = 0] = await freePorts(1);
    site = createServer((request, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(
        request.url === '/elsewhere' ? 'elsewhere_info 1\n' : samples(MEMBERS, [Date.now()], started),
      );
    }).listen(sitePort, '127.0.0.1');
    group = await PrometheusGroup.open();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    client.close();
    await group?.close();
    for (const link of links) link.close();
    site?.closeAllConnections();
    site?.close();
  });

  const processes = (): PrometheusGroup => {
    if (group === undefined) throw new Error('the group is opened before all tests');
    return group;
  };

  /** The network to these centres, by name. */
  const linkTo = async (centres: Readonly<Record<string, OwnPrometheus>>): Promise<Link> => {
    const link = await Link.open(
      Object.fromEntries(Object.entries(centres).map(([name, { address }]) => [name, address])),
    );
    links.push(link);
    return link;
  };

  /** agent.yaml as it is shipped, but for what it scrapes, where it sends to, and how much it may hold in memory. */
  const startAgent = async (
    name: string,
    bases: readonly string[],
    flags: readonly string[] = [],
  ): Promise<OwnPrometheus> => {
    const shipped = configOf('agent.yaml');
    const [remoteWrite] = shipped['remote_write'] as readonly RemoteWrite[];
    const username_file = await processes().file('username', 'agent');
    const password_file = await processes().file('password', 'secret');
    const config: PrometheusConfig = {
      global: shipped['global'],
      scrape_configs: [scrape('site', '/metrics')],
      remote_write: bases.map((base) => ({
        ...remoteWrite,
        url: `${base}/api/v1/write`,
        basic_auth: { username_file, password_file },
        queue_config: {
          ...remoteWrite?.queue_config,
          // Little fits into memory, so that the backlog is in the log on the disk.
          max_shards: 1,
          capacity: 100,
          max_samples_per_send: 50,
          batch_send_deadline: '1s',
          min_backoff: '100ms',
          max_backoff: '1s',
        },
      })),
    };
    return processes().start({ name, mode: 'agent', config, flags });
  };

  const scrape = (job_name: string, metrics_path: string): object => ({
    job_name,
    metrics_path,
    scrape_interval: '1s',
    honor_labels: true,
    static_configs: [{ targets: [`127.0.0.1:${sitePort}`] }],
  });

  it(
    'sends its backlog later: within the window the judge then sees what it would have seen',
    { timeout: LIMIT_MS },
    async () => {
      // Nodes that are never away, whose samples are always of now.
      const others = { scrape_configs: [scrape('elsewhere', '/elsewhere')] };
      const flags = [...RECEIVER, SHORT_BLOCKS];
      const windowed = await processes().start({ name: 'windowed', config: { ...others, storage }, flags });
      const plain = await processes().start({ name: 'plain', config: others, flags });
      const undisturbed = await processes().start({ name: 'undisturbed', config: {}, flags: RECEIVER });
      const link = await linkTo({ windowed, plain });
      const agent = await startAgent('agent', [
        `${link.address}/windowed`,
        `${link.address}/plain`,
        undisturbed.address,
      ]);
      for (const central of [windowed, plain, undisturbed]) await arrived(central, Date.now());
      expect(await windowed.value('count(model_requests_total{cluster="edge-1",site="ulm"})')).toBe(
        2 * MEMBERS.length,
      );

      link.cut();
      const cut = Date.now();
      const window = { from: cut + 3000, to: cut + 24_000, resolution: 3000 };
      const asked = (central: OwnPrometheus): Promise<Evidence> =>
        source.fetch(questionOf(central.address, window));
      await arrived(undisturbed, window.to + 15_000);
      const expected = await asked(undisturbed);
      expect(verdictsOf(expected, window)).toEqual(['Fail HarmBeyondMargin', 'Fail HarmBeyondMargin']);
      expect(verdictsOf(await asked(windowed), window)).toEqual(['Undecided NoData', 'Undecided NoData']);

      link.mend();
      const mended = Date.now();
      await arrived(windowed, mended);
      expect(await asked(windowed)).toEqual(expected);

      await arrived(plain, mended);
      expect(verdictsOf(await asked(plain), window)).toEqual(['Undecided NoData', 'Undecided NoData']);
      expect(
        await agent.ownMetric('prometheus_remote_storage_samples_failed_total', '/plain/'),
      ).toBeGreaterThan(0);
      expect(await agent.ownMetric('prometheus_remote_storage_samples_failed_total', '/windowed/')).toBe(0);
      await agent.stop();
    },
  );

  it('loses its backlog when it is restarted before it could send it', { timeout: LIMIT_MS }, async () => {
    const central = await processes().start({ name: 'central', config: { storage }, flags: RECEIVER });
    const link = await linkTo({ central });
    const agent = await startAgent('restarted', [`${link.address}/central`]);
    await arrived(central, Date.now());
    link.cut();
    const cut = Date.now();
    await sleep(8000);
    const stopped = Date.now();
    await agent.stop();
    await agent.start();
    link.mend();
    await arrived(central, Date.now());
    // A batch that was under way when the link was cut may still have come through.
    expect(await sampleCount(central, cut + 2000, stopped)).toBe(0);
    await agent.stop();
  });

  it('loses of its backlog what its log was truncated of meanwhile', { timeout: LIMIT_MS }, async () => {
    const central = await processes().start({ name: 'other', config: { storage }, flags: RECEIVER });
    const link = await linkTo({ central });
    const agent = await startAgent(
      'forgetful',
      [`${link.address}/central`],
      ['--storage.agent.wal-truncate-frequency=1s'],
    );
    await arrived(central, Date.now());
    link.cut();
    const cut = Date.now();
    await sleep(20_000);
    link.mend();
    const mended = Date.now();
    await arrived(central, mended + 1000);
    const scraped = ((mended - cut) / 1000) * 2 * MEMBERS.length;
    expect(await sampleCount(central, cut, mended)).toBeLessThan(scraped / 2);
    await agent.stop();
  });
});

/** Waits until the centre has samples of all pods of that time (ms), or later ones. */
async function arrived(central: OwnPrometheus, at: number): Promise<void> {
  await eventually(
    `samples of ${new Date(at).toISOString()}`,
    () => central.value('count(count_over_time(model_requests_total[1m]))', at + 60_000),
    (series) => series === 2 * MEMBERS.length,
    90_000,
  );
}

/** Samples of all pods between two moments (ms). */
async function sampleCount(central: OwnPrometheus, from: number, to: number): Promise<number> {
  return (await central.value(`sum(count_over_time(model_requests_total[${to - from}ms]))`, to)) ?? 0;
}
