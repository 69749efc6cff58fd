import { afterEach, describe, expect, it } from 'vitest';
import { LABEL } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { KubeClient } from '../../src/kube/client.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { FleetAgent } from '../../src/sim/fleet/fleet-agent.ts';
import { edgeNode, edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import type { Pod } from '../../src/sim/fleet/pod.ts';
import { isThere, type Lab, NAMESPACE, startLab } from './harness.ts';
import { model, NAME, rollout } from './manifests.ts';
import { isReady } from './state.ts';

let lab: Lab;

afterEach(() => lab.stop());

async function installed(nodes = edgeNodes(12, ['orin', 'x86'])): Promise<void> {
  lab = await startLab({ nodes });
  await lab.apply(rollout());
  await lab.apply(model());
  await lab.untilReady('1.0.0');
}

/** Until the node controller has noticed. */
async function dark(name: string): Promise<void> {
  lab.simulation.fleet.node(name).cutOff();
  await lab.until(`${name} is not Ready`, async () => !isReady((await lab.state()).nodes.get(name)), 120);
}

async function versionOn(name: string): Promise<string | undefined> {
  return (await lab.serving()).find(({ node }) => node === name)?.version;
}

/** A node that nobody knew when the fleet was made. */
async function join(name: 'orin' | 'x86'): Promise<{ readonly node: string; end(): Promise<void> }> {
  const { apiServer, clock } = lab.simulation;
  const client = new KubeClient(apiServer, { fieldManager: 'kubelet', clock, random: () => 0.5 });
  const spec = edgeNode(name, 77, 77);
  const agent = new FleetAgent({ client, clock, nodes: [spec], seed: 'late' });
  const over = new AbortController();
  const { done } = await agent.start(over.signal);
  return {
    node: spec.name,
    end: async () => {
      over.abort();
      await done;
    },
  };
}

describe('a node that goes offline', () => {
  it('in mid-wave leaves the denominator, loses nothing, and catches up when it returns', async () => {
    await installed();
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilPhase('Soaking');
    const away = (await lab.serving()).find(({ version }) => version === '1.0.0')?.node ?? '';
    await dark(away);
    await lab.untilReady('1.1.0');
    expect(await versionOn(away)).toBe('1.0.0');
    expect((await lab.model()).status?.nodes).toMatchObject({ eligible: 12, offline: 1, lagging: 1 });
    const told = (await lab.model()).status?.exceptions ?? [];
    expect(told).toMatchObject([{ node: away, reason: 'Offline' }]);

    lab.simulation.fleet.node(away).reconnect();
    await lab.until('it has caught up', async () => (await lab.versions())['1.1.0'] === 12, 300);
    expect((await lab.model()).status?.nodes).toMatchObject({ offline: 0, lagging: 0, ready: 12 });
  });

  it('as a canary that was rejected meanwhile goes straight back to stable', async () => {
    await installed();
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilPhase('Soaking');
    const away = (await lab.serving()).find(({ version }) => version === '1.1.0')?.node ?? '';
    await dark(away);
    const { candidate } = (await lab.rollout()).status ?? {};
    await lab.annotate(NAME, { 'outrigger.dev/abort': `${candidate?.revision}.1` });
    await lab.until('the others are back', async () => (await lab.versions())['1.0.0'] === 11, 120);
    expect(await versionOn(away)).toBe('1.1.0');
    lab.simulation.fleet.node(away).reconnect();
    await lab.until('it is back as well', async () => (await lab.versions())['1.0.0'] === 12, 60);
  });
});

it('a cordoned and a tainted node get nothing new and say why; uncordoned they take part', async () => {
  await installed();
  const cordoned = 'edge-orin-01';
  const tainted = 'edge-x86-02';
  await lab.client.mergePatch(RESOURCES.nodes, undefined, cordoned, { spec: { unschedulable: true } });
  await lab.client.mergePatch(RESOURCES.nodes, undefined, tainted, {
    spec: { taints: [{ key: 'maintenance', value: 'disk', effect: 'NoSchedule' }] },
  });
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilReady('1.1.0');
  expect(await lab.versions()).toEqual({ '1.0.0': 2, '1.1.0': 10 });
  expect(
    (await lab.model()).status?.exceptions?.map(({ node, reason }) => [node, reason]).toSorted(),
  ).toEqual([
    [cordoned, 'Cordoned'],
    [tainted, 'Tainted'],
  ]);
  await lab.client.mergePatch(RESOURCES.nodes, undefined, cordoned, { spec: { unschedulable: null } });
  await lab.client.mergePatch(RESOURCES.nodes, undefined, tainted, { spec: { taints: null } });
  await lab.until('they catch up', async () => (await lab.versions())['1.1.0'] === 12, 300);
});

it('a node that joins during a wave gets stable, and after promotion the promoted revision', async () => {
  await installed();
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilPhase('Soaking');
  const during = await join('x86');
  await lab.until('it serves', async () => (await versionOn(during.node)) !== undefined, 60);
  expect(await versionOn(during.node)).toBe('1.0.0');
  await lab.untilReady('1.1.0');
  await lab.until('all serve it', async () => (await lab.versions())['1.1.0'] === 13, 60);
  const after = await join('orin');
  await lab.until('it serves', async () => (await versionOn(after.node)) !== undefined, 60);
  expect(await versionOn(after.node)).toBe('1.1.0');
  await Promise.all([during.end(), after.end()]);
});

it('pods that ended Failed are made again and not charged to the revision', async () => {
  await installed();
  const node = lab.simulation.fleet.node('edge-orin-01');
  // After a reboot the kubelet admits pods before the device plugin is back: they end UnexpectedAdmissionError.
  node.powerOff();
  await lab.run(3);
  node.boot({ devicesAfter: 20_000 });
  await lab.until('it is out of service', async () => (await lab.versions())['1.0.0'] === 11, 60);
  await lab.until('it serves again', async () => (await lab.versions())['1.0.0'] === 12, 300);
  const writes = lab.operators.flatMap(({ tap }) => tap.writes).filter(({ resource }) => resource === 'pods');
  const [name] = writes.flatMap((write) => (write.method === 'DELETE' ? [write.name] : []));
  expect(writes.slice(12).map((write) => [write.method, write.name])).toEqual([
    ['DELETE', name],
    ['POST', name],
  ]);
  const { revisions } = await lab.state();
  expect(revisions.map(({ rejected }) => rejected)).toEqual([[]]);
});

it('labels of the node are copied to its pod', async () => {
  lab = await startLab();
  await lab.apply(model({ spec: { podLabelsFromNode: ['site', 'not-there'] } }));
  await lab.untilReady('1.0.0');
  const pods = await lab.client.listAll<Pod>(RESOURCES.pods, { namespace: NAMESPACE });
  for (const { metadata, spec } of pods) {
    expect(metadata.labels?.['site']).toBe(
      lab.simulation.fleet.node(spec.nodeName ?? '').spec.labels['site'],
    );
    expect(metadata.labels).not.toHaveProperty('not-there');
  }
});

it('the Service is made, changed and removed with the spec, without touching a pod', async () => {
  await installed();
  const pods = (await lab.serving()).map(({ uid }) => uid).toSorted();
  type Service = KubeObject & { readonly spec: Readonly<Record<string, unknown>> };
  const service = (): Promise<Service> => lab.client.get<Service>(RESOURCES.services, NAMESPACE, NAME);
  await lab.apply(model({ spec: { service: { port: 80, targetPort: 'http' } } }));
  await lab.run(5);
  expect((await service()).spec).toMatchObject({
    type: 'ClusterIP',
    internalTrafficPolicy: 'Local',
    ports: [{ port: 80, targetPort: 'http' }],
    selector: { [LABEL.model]: NAME },
  });
  await lab.apply(model({ spec: { service: { port: 8081, targetPort: 'http' } } }));
  await lab.run(5);
  expect((await service()).spec).toMatchObject({ ports: [{ port: 8081 }] });
  await lab.apply(model());
  await lab.run(5);
  expect(await isThere(lab, RESOURCES.services, NAME)).toBe(false);
  expect((await lab.serving()).map(({ uid }) => uid).toSorted()).toEqual(pods);
});

describe('deleting the model', () => {
  it('takes its pods along', async () => {
    await installed();
    await lab.client.delete(RESOURCES.edgeModels, NAMESPACE, NAME, { propagationPolicy: 'Background' });
    await lab.until('no pod is left', async () => (await lab.state()).pods.length === 0, 120);
    expect((await lab.state()).revisions).toEqual([]);
  });

  it('leaves them running where deletionPolicy is Orphan', async () => {
    lab = await startLab();
    await lab.apply(model({ spec: { deletionPolicy: 'Orphan' } }));
    await lab.untilReady('1.0.0');
    await lab.client.delete(RESOURCES.edgeModels, NAMESPACE, NAME, { propagationPolicy: 'Background' });
    await lab.until('the model is gone', async () => !(await isThere(lab, RESOURCES.edgeModels, NAME)), 60);
    await lab.run(60);
    expect(await lab.versions()).toEqual({ '1.0.0': 12 });
    const pods = await lab.client.listAll<Pod>(RESOURCES.pods, { namespace: NAMESPACE });
    // They go with their nodes now; see decision 0007.
    const owners = pods.flatMap(({ metadata }) => metadata.ownerReferences ?? []);
    expect(owners.map(({ kind }) => kind)).toEqual(Array.from({ length: 12 }, () => 'Node'));
  });
});

it('the history is pruned to its limit, with the memories and configs of what goes', async () => {
  lab = await startLab({ nodes: edgeNodes(6, ['orin', 'x86']) });
  const spec = { revisionHistoryLimit: 2 };
  await lab.apply(
    rollout({
      waves: [
        { name: 'canary', nodes: 1, soak: '10s' },
        { name: 'all', nodes: '100%' },
      ],
    }),
  );
  for (const version of ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0']) {
    await lab.apply(model({ version, spec: { ...spec, config: { version } } }));
    await lab.untilReady(version);
  }
  await lab.run(30);
  const { revisions, memories } = await lab.state();
  const kept = revisions.map(({ content }) => content.version).toSorted();
  expect(kept.at(-1)).toBe('1.4.0');
  expect(kept.length).toBeLessThanOrEqual(3);
  const hashes = revisions.map(({ hash }) => hash);
  expect(memories.filter(({ revision }) => !hashes.includes(revision))).toEqual([]);
  const configs = await lab.client.listAll<KubeObject & { readonly data?: Readonly<Record<string, string>> }>(
    RESOURCES.configMaps,
    { namespace: NAMESPACE },
  );
  expect(configs.flatMap(({ data }) => data?.['version'] ?? []).toSorted()).toEqual(kept);
});

it('status stays bounded however many nodes are in trouble', async () => {
  lab = await startLab({ nodes: edgeNodes(60) });
  await lab.apply(rollout({ limits: { maxPrefetching: '100%' } }));
  await lab.apply(model({ acts: { 'image-pull': 'fail' } }));
  await lab.run(60);
  const { status } = await lab.model();
  expect(status?.exceptions?.map(({ reason }) => reason)).toEqual(
    Array.from({ length: 20 }, () => 'FetchFailing'),
  );
  expect(JSON.stringify(status).length).toBeLessThan(16_384);
  expect(JSON.stringify((await lab.rollout()).status).length).toBeLessThan(16_384);
});
