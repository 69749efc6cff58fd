import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { MetricQuery, MetricsRequest } from '../../src/controller/ports/metrics-source.ts';
import { judgeQuery } from '../../src/judge/judge-query.ts';
import { PrometheusEvidenceSource } from '../../src/prometheus/evidence-source.ts';
import { nodeExchange } from '../../src/prometheus/node-exchange.ts';
import type { Pod } from '../../src/core/pods/serve-pod.ts';
import { freePorts } from '../controlplane/ports.ts';
import { request } from '../controlplane/request.ts';
import { eventually } from '../operator/real-cluster.ts';
import type { RealParts } from '../setup/describe-real.ts';
import { describeReal } from '../setup/describe-real.ts';
import type { OwnPrometheus } from './agent-prometheus.ts';
import { PrometheusGroup } from './agent-prometheus.ts';
import type { ScrapeConfig } from './deploy-manifests.ts';
import { manifest, modelScrape } from './deploy-manifests.ts';
import { podMonitorScrape } from './relabel-podmonitor.ts';
import type { ScrapedPod } from './relabel-pods.ts';
import { trialVerdicts } from './trial-verdicts.ts';
import { PORTS, SITE, armsOf, page, scrapedPods } from './relabel-pods.ts';

const DOCS = readFileSync(join(import.meta.dirname, '../../docs/prometheus.md'), 'utf8');

/** What Prometheus says of one target that it scrapes. */
interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly health: string;
}

/** Both ways to the same labels, as jobs of one Prometheus. */
const JOBS = [
  { name: 'scrape-config.yaml', scrape: modelScrape(), job: 'outrigger-models' },
  { name: 'podmonitor.yaml', scrape: podMonitorScrape(), job: 'monitoring/outrigger-models' },
];

describeReal('labels of the model pods, discovered from a real API server', (real) => {
  const client = nodeExchange();
  const source = new PrometheusEvidenceSource(client.exchange);
  const servers: Server[] = [];
  const clusterObjects: string[] = [];
  const state: { group?: PrometheusGroup; prometheus?: OwnPrometheus } = {};
  let pods: readonly ScrapedPod[] = [];
  let namespace = '';

  beforeAll(async () => {
    namespace = await real().namespace();
    const all = await freePorts(PORTS + 2);
    pods = scrapedPods(namespace, all.slice(2));
    const start = Date.now();
    for (const each of pods) servers.push(await serve(each.port, () => page(each, Date.now() - start)));
    for (const { pod, node } of pods) await run(real(), pod, node);
    clusterObjects.push(...pods.map(({ node }) => `/api/v1/nodes/${node}`));
    // Neighbours that are not to be scraped: one that only holds an image, one that has ended, one of somebody else.
    const [first, second] = pods;
    if (first === undefined || second === undefined) throw new Error('there are no pods');
    await run(real(), renamed(first.pod, 'holds', { 'outrigger.dev/role': 'hold' }), first.node);
    await run(real(), renamed(first.pod, 'foreign', { 'outrigger.dev/model': null }), first.node);
    await run(real(), renamed(second.pod, 'ended', {}), second.node, 'Failed');

    state.group = await PrometheusGroup.open();
    const credentials = await token();
    state.prometheus = await state.group.start({
      name: 'discovering',
      config: { scrape_configs: JOBS.map(({ scrape }) => inTest(scrape, credentials)) },
    });
  });
  afterAll(async () => {
    client.close();
    await state.group?.close();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    for (const path of clusterObjects) await real().call('DELETE', path);
  });

  const prometheus = (): OwnPrometheus => {
    if (state.prometheus === undefined) throw new Error('Prometheus was not started');
    return state.prometheus;
  };

  /** A token with the rights of agent.yaml and no others. */
  const token = async (): Promise<string> => {
    const role = manifest('agent.yaml', 'ClusterRole');
    const suffix = namespace.slice(-10);
    const name = `${role.metadata.name}-${suffix}`;
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    await create(real(), `${rbac}/clusterroles`, { ...role, metadata: { name } });
    const binding = manifest('agent.yaml', 'ClusterRoleBinding');
    await create(real(), `${rbac}/clusterrolebindings`, {
      ...binding,
      metadata: { name },
      roleRef: { ...(binding['roleRef'] as object), name },
      subjects: [{ kind: 'ServiceAccount', name: suffix, namespace }],
    });
    clusterObjects.push(`${rbac}/clusterroles/${name}`, `${rbac}/clusterrolebindings/${name}`);
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await create(real(), accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: suffix } });
    const reply = await create(real(), `${accounts}/${suffix}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {},
    });
    return (reply['status'] as { readonly token: string }).token;
  };

  /** The scrape as it is shipped, but from outside the cluster, and often enough for a test. */
  const inTest = (scrape: ScrapeConfig, credentials: string): object => ({
    ...scrape,
    scrape_interval: '1s',
    scrape_timeout: '1s',
    kubernetes_sd_configs: scrape.kubernetes_sd_configs.map((discovery) => ({
      ...discovery,
      api_server: real().url,
      authorization: { credentials },
      tls_config: { ca: real().ca },
      namespaces: { names: [namespace] },
    })),
  });

  const targetsOf = async (job: string): Promise<readonly Target[]> => {
    const { text } = await request(`${prometheus().address}/api/v1/targets?state=active`);
    const { data } = JSON.parse(text) as { readonly data: { readonly activeTargets: readonly Target[] } };
    return data.activeTargets.filter(({ labels }) => labels['job'] === job);
  };

  it.each(JOBS)('$name finds every pod that serves, and no other', async ({ job }) => {
    const targets = await eventually(
      `targets of ${job}`,
      () => targetsOf(job),
      (found) => found.length >= pods.length && found.every(({ health }) => health === 'up'),
    );
    expect(targets.map(({ labels }) => labels['pod']).toSorted()).toEqual(
      pods.map(({ pod }) => pod.metadata.name).toSorted(),
    );
  });

  it.each(JOBS)('$name gives each series the labels of its pod, whatever its page says', async ({ job }) => {
    for (const { pod, node, cohort, candidate } of pods.slice(0, 4)) {
      const series = await eventually(
        `series of ${pod.metadata.name}`,
        () =>
          seriesOf(prometheus(), `model_requests_total{job="${job}",code="200",pod="${pod.metadata.name}"}`),
        (found) => found.length > 0,
      );
      expect(series).toEqual([
        expect.objectContaining({
          pod: pod.metadata.name,
          namespace,
          node,
          container: 'model',
          model: 'defects',
          revision: candidate ? 'rev-b' : 'rev-a',
          variant: `${cohort}-build`,
          cohort,
          site: SITE,
          exported_pod: 'liar',
          exported_node: 'liar',
          exported_namespace: 'liar',
          exported_model: 'resnet',
          exported_revision: '7',
          exported_site: 'liar',
        }),
      ]);
    }
    expect(await prometheus().value(`count({job="${job}",node=""})`)).toBeUndefined();
    expect(await prometheus().value(`count({job="${job}",node="liar"})`)).toBeUndefined();
  });

  it('the query of docs/prometheus.md finds every cohort and revision, often enough for a sample', async () => {
    const [, query = ''] = /```promql\n(min by .*)\n```/u.exec(DOCS) ?? [];
    const asked = query.replace('{model="defect-detector"', `{job="outrigger-models",model="defects"`);
    expect(asked).not.toBe(query);
    const rows = await eventually(
      'two scrapes of every pod',
      () => seriesOf(prometheus(), `${asked} >= 2`),
      (found) => found.length === 4,
    );
    expect(rows).toEqual(
      expect.arrayContaining([
        { cohort: 'orin', revision: 'rev-a' },
        { cohort: 'orin', revision: 'rev-b' },
        { cohort: 'cpu', revision: 'rev-a' },
        { cohort: 'cpu', revision: 'rev-b' },
      ]),
    );
  });

  const ask = async (job: string, groupBy: 'pod' | 'node', query: MetricQuery): Promise<MetricsRequest> => {
    const members = armsOf(pods, groupBy).flatMap(({ candidates, controls }) => [...candidates, ...controls]);
    const to = Date.now() - 2000;
    return {
      connection: { address: prometheus().address, headers: {}, matchLabels: { job }, timeout: 10_000 },
      query,
      window: { from: to - 18_000, to, resolution: 3000 },
      groupBy,
      keys: members.map(({ key }) => key),
      nodes: members.map(({ node }) => node),
    };
  };

  const CASES = JOBS.flatMap(({ name, job }) =>
    (['pod', 'node'] as const).map((groupBy) => ({ name, job, groupBy })),
  );

  it.each(CASES)('a ratio judged by $groupBy finds its samples through $name', async ({ job, groupBy }) => {
    const query: MetricQuery = {
      kind: 'ratio',
      bad: 'model_requests_total{code=~"5.."}',
      total: 'model_requests_total',
    };
    const judge = async (): Promise<readonly string[]> => {
      const asked = await ask(job, groupBy, query);
      return trialVerdicts(await source.fetch(asked), armsOf(pods, groupBy), asked.window);
    };
    // The first windows begin before the first scrape.
    const verdicts = await eventually('a verdict', judge, (found) =>
      found.every((each) => each.startsWith('Fail')),
    );
    expect(verdicts).toEqual(['Fail HarmBeyondMargin', 'Fail HarmBeyondMargin']);
  });

  it.each(CASES)('an expression that keeps $groupBy is read through $name', async ({ job, groupBy }) => {
    const query: MetricQuery = { kind: 'query', expr: `max by (${groupBy}) (model_temperature_celsius)` };
    const judge = async (): Promise<readonly string[]> => {
      const asked = await ask(job, groupBy, query);
      const verdicts = judgeQuery({
        rule: { kind: 'query', name: 'heat', max: 85, nodes: { count: 0 }, for: 0 },
        cohorts: armsOf(pods, groupBy),
        window: asked.window,
        evidence: await source.fetch(asked),
        alpha: 0.005,
        seed: 's',
      });
      return [...verdicts.values()].map(({ verdict }) => verdict);
    };
    const verdicts = await eventually('a verdict', judge, (found) => found.every((each) => each === 'Fail'));
    expect(verdicts).toEqual(['Fail', 'Fail']);
  });
});

function serve(port: number, text: () => string): Promise<Server> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(text());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

type Json = Readonly<Record<string, unknown>>;

async function create(real: RealParts, path: string, body: unknown): Promise<Json> {
  const reply = await real.call('POST', path, body);
  if (reply.status !== 201) throw new Error(`POST ${path}: ${JSON.stringify(reply.body)}`);
  return reply.body;
}

/** Puts the pod on its node and says that it runs: there is no kubelet. */
async function run(real: RealParts, pod: Pod, node: string, phase = 'Running'): Promise<void> {
  const exists = await real.call('GET', `/api/v1/nodes/${node}`);
  if (exists.status !== 200) {
    await create(real, '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: node } });
  }
  const { name, namespace } = pod.metadata;
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { ownerReferences: _, ...metadata } = pod.metadata;
  await create(real, path, { ...pod, metadata });
  await create(real, `${path}/${name}/binding`, {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, namespace },
    target: { apiVersion: 'v1', kind: 'Node', name: node },
  });
  const status = { phase, podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }] };
  const reply = await real.call(
    'PATCH',
    `${path}/${name}/status`,
    { status },
    'application/merge-patch+json',
  );
  if (reply.status !== 200) throw new Error(`status of ${name}: ${JSON.stringify(reply.body)}`);
}

function renamed(pod: Pod, name: string, labels: Readonly<Record<string, string | null>>): Pod {
  const kept = Object.entries({ ...pod.metadata.labels, ...labels }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  return { ...pod, metadata: { ...pod.metadata, name, labels: Object.fromEntries(kept) } };
}

async function seriesOf(prometheus: OwnPrometheus, selector: string): Promise<readonly Json[]> {
  const { text } = await request(`${prometheus.address}/api/v1/query?query=${encodeURIComponent(selector)}`);
  const { data } = JSON.parse(text) as {
    readonly data: { readonly result: readonly { readonly metric: Json }[] };
  };
  return data.result.map(({ metric }) => metric);
}
