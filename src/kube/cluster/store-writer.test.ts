import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { API_VERSION, LABEL, MANAGED_BY } from '../../api/names.ts';
import type { KubeObject, OwnerReference } from '../../api/object-meta.ts';
import type { ClusterView } from '../../controller/ports/cluster-view.ts';
import type { ClusterWriter } from '../../controller/ports/cluster-writer.ts';
import type { Action } from '../../core/decision.ts';
import { ApiServer } from '../../sim/api-server/api-server.ts';
import { VirtualClock } from '../../sim/virtual-clock.ts';
import { KubeClient } from '../client.ts';
import { RESOURCES } from '../resource.ts';
import { ClusterStores } from './cluster-stores.ts';
import { storeView } from './store-view.ts';
import { storeWriter } from './store-writer.ts';

const NAMESPACE = 'default';
const LABELS = { [LABEL.model]: 'defects', [LABEL.managedBy]: MANAGED_BY };

let clock: VirtualClock;
let client: KubeClient;
let stores: ClusterStores;
let view: ClusterView;
let writer: ClusterWriter;
let unreadable: string[];
let stop: AbortController;
let watching: Promise<void>;

beforeEach(async () => {
  clock = new VirtualClock();
  client = new KubeClient(new ApiServer(clock), { fieldManager: 'outrigger', clock, random: () => 0 });
  unreadable = [];
  stores = new ClusterStores({
    client,
    clock,
    random: () => 0,
    onFailure: () => {},
    onHandlerError: () => {},
    onUnreadableMemory: ({ name }) => void unreadable.push(name),
  });
  view = storeView(stores);
  writer = storeWriter({ client, stores, clock });
  stop = new AbortController();
  watching = stores.run(stop.signal);
  await clock.advance(1_000);
  // From here on nothing is told by a watch, so that what is seen is what was remembered.
  stop.abort(new Error('no more watches'));
  await watching;
});

afterEach(() => {
  stop.abort();
});

const owner = (uid: string): OwnerReference => ({
  apiVersion: API_VERSION,
  kind: 'EdgeModel',
  name: 'defects',
  uid,
  controller: true,
});

function configMap(
  name: string,
  data: Record<string, string>,
  labels: Record<string, string> = {},
  uid = 'ours',
) {
  const metadata = {
    name,
    namespace: NAMESPACE,
    labels: { ...LABELS, ...labels },
    ownerReferences: [owner(uid)],
  };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data } as KubeObject;
}

const MEMORY = { revision: 'r1', attempt: 1, seed: 's', waves: [], metrics: [], walks: [] };

function writeMemory(
  name: string,
  resourceVersion?: string,
  seed = 's',
): Extract<Action, { kind: 'WriteMemory' }> {
  const text = JSON.stringify({ ...MEMORY, seed });
  const object = configMap(name, { 'memory.json': text }, { [LABEL.role]: 'memory' });
  return { kind: 'WriteMemory', name, resourceVersion, object, memory: MEMORY as never };
}

function pod(name: string): Extract<Action, { kind: 'CreatePod' }>['pod'] {
  const metadata = { name, namespace: NAMESPACE, labels: LABELS, ownerReferences: [owner('ours')] };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'model', image: 'a' }] } };
}

const pods = () => view.pods(NAMESPACE, 'defects').map(({ name, deleting }) => [name, deleting]);

describe('what was written', () => {
  it('is in the view before any watch tells of it', async () => {
    await writer.createPod(NAMESPACE, { kind: 'CreatePod', pod: pod('a'), node: 'n' });
    await writer.createConfigMap(NAMESPACE, {
      kind: 'CreateConfigMap',
      object: configMap('files', { a: 'b' }),
    });
    expect(pods()).toEqual([['a', false]]);
    expect(view.configMaps(NAMESPACE, 'defects')).toMatchObject([{ name: 'files', memory: undefined }]);
  });

  it('shows a deleted pod as being deleted, and a deleted part no more', async () => {
    await writer.createPod(NAMESPACE, { kind: 'CreatePod', pod: pod('a'), node: 'n' });
    await writer.createConfigMap(NAMESPACE, { kind: 'CreateConfigMap', object: configMap('files', {}) });
    const uid = view.pods(NAMESPACE, 'defects')[0]?.uid ?? '';
    await writer.deletePod(NAMESPACE, { kind: 'DeletePod', name: 'a', uid, node: 'n', remake: false });
    await writer.deleteConfigMap(NAMESPACE, { kind: 'DeleteConfigMap', name: 'files' });
    expect(pods()).toEqual([['a', true]]);
    expect(view.configMaps(NAMESPACE, 'defects')).toEqual([]);
    // Once more, as after a lost answer: what is gone counts as deleted.
    await writer.deletePod(NAMESPACE, { kind: 'DeletePod', name: 'a', uid, node: 'n', remake: false });
  });

  it('never deletes another pod of the same name', async () => {
    await writer.createPod(NAMESPACE, { kind: 'CreatePod', pod: pod('a'), node: 'n' });
    const other = { kind: 'DeletePod', name: 'a', uid: 'another', node: 'n', remake: false } as const;
    await expect(writer.deletePod(NAMESPACE, other)).rejects.toMatchObject({ code: 'conflict' });
    expect(pods()).toEqual([['a', false]]);
  });

  it('as a dry run is nowhere', async () => {
    await writer.tryPod(NAMESPACE, pod('a'));
    expect(await writer.readPod(NAMESPACE, 'a')).toBeUndefined();
    const misspelt = { ...pod('a'), spec: { containers: [{ name: 'model', imgae: 'a' }] } };
    await expect(writer.tryPod(NAMESPACE, misspelt)).rejects.toMatchObject({ status: 400 });
  });
});

function create(): Promise<void> {
  return writer.createConfigMap(NAMESPACE, {
    kind: 'CreateConfigMap',
    object: configMap('files', { a: 'b' }),
  });
}

const ownersOf = async (resource: (typeof RESOURCES)[keyof typeof RESOURCES], name: string) =>
  ((await client.get(resource, NAMESPACE, name)).metadata.ownerReferences ?? []).map(({ uid }) => uid);

describe('the owner of an object', () => {
  it('is taken away and given, and what is in the object stays', async () => {
    await writer.createPod(NAMESPACE, { kind: 'CreatePod', pod: pod('a'), node: 'n' });
    await create();
    for (const [of, resource, name] of [
      ['Pod', RESOURCES.pods, 'a'],
      ['ConfigMap', RESOURCES.configMaps, 'files'],
    ] as const) {
      const uid = (await client.get(resource, NAMESPACE, name)).metadata.uid ?? '';
      await writer.setOwner(NAMESPACE, { kind: 'SetOwner', of, name, uid, owner: undefined });
      expect(await ownersOf(resource, name)).toEqual([]);
      await writer.setOwner(NAMESPACE, { kind: 'SetOwner', of, name, uid, owner: owner('new') });
      expect(await ownersOf(resource, name)).toEqual(['new']);
    }
    expect(await client.get(RESOURCES.configMaps, NAMESPACE, 'files')).toMatchObject({ data: { a: 'b' } });
    expect(view.pods(NAMESPACE, 'defects')).toMatchObject([{ controller: { uid: 'new' } }]);
  });

  it('of another object of that name stays', async () => {
    await writer.createPod(NAMESPACE, { kind: 'CreatePod', pod: pod('a'), node: 'n' });
    await create();
    const change = { kind: 'SetOwner', uid: 'another', owner: undefined } as const;
    await expect(writer.setOwner(NAMESPACE, { ...change, of: 'Pod', name: 'a' })).rejects.toMatchObject({
      code: 'invalid',
    });
    await writer.setOwner(NAMESPACE, { ...change, of: 'ConfigMap', name: 'files' });
    expect(await ownersOf(RESOURCES.configMaps, 'files')).toEqual(['ours']);
  });
});

const bareLeft = async () => {
  const { labels: _, ownerReferences: __, ...metadata } = pod('left').metadata;
  const object = { ...pod('left'), metadata: { ...metadata, labels: { app: 'defect' } } };
  await client.create(RESOURCES.pods, NAMESPACE, object);
  const [found] = await writer.findPods(NAMESPACE, 'app=defect');
  return found?.metadata ?? metadata;
};
const adopt = ({ uid = '', resourceVersion = '' }: { uid?: string; resourceVersion?: string }) =>
  ({
    kind: 'AdoptPod',
    name: 'left',
    uid,
    resourceVersion,
    node: 'n',
    labels: { 'outrigger.dev/model': 'defects' },
    ownerReferences: [owner('ours')],
  }) as const;

describe('a pod that is adopted', () => {
  it('is found by its own labels, and is in the view with its owner once it has ours', async () => {
    const found = await bareLeft();
    expect(view.pods(NAMESPACE, 'defects')).toEqual([]);
    await writer.adoptPod(NAMESPACE, adopt(found));
    expect(view.pods(NAMESPACE, 'defects')).toMatchObject([
      { name: 'left', controller: { uid: 'ours' }, labels: { app: 'defect' } },
    ]);
  });

  it('is not, where somebody has written to it since it was looked at', async () => {
    const found = await bareLeft();
    await client.mergePatch(RESOURCES.pods, NAMESPACE, 'left', { metadata: { labels: { other: 'yes' } } });
    await expect(writer.adoptPod(NAMESPACE, adopt(found))).rejects.toMatchObject({ code: 'conflict' });
    expect(await ownersOf(RESOURCES.pods, 'left')).toEqual([]);
  });
});

describe('a part whose name is taken', () => {
  it('by the same owner is the part itself', async () => {
    await client.create(RESOURCES.configMaps, NAMESPACE, configMap('files', { a: 'b' }));
    await create();
    expect(view.configMaps(NAMESPACE, 'defects')).toMatchObject([{ name: 'files' }]);
  });

  it('by another is left alone, with a sentence', async () => {
    await client.create(RESOURCES.configMaps, NAMESPACE, configMap('files', {}, {}, 'another'));
    await expect(create()).rejects.toMatchObject({
      code: 'alreadyExists',
      message: expect.stringMatching(/belongs to EdgeModel defects \(uid another\); delete it/),
    });
  });
});

describe('the memory of a candidate', () => {
  it('that is written already is not replaced by another draw, but seen and thought over', async () => {
    await client.create(RESOURCES.configMaps, NAMESPACE, writeMemory('m', undefined, 'first').object);
    const second = writer.writeMemory(NAMESPACE, writeMemory('m', undefined, 'second'));
    await expect(second).rejects.toMatchObject({ code: 'conflict' });
    expect(view.configMaps(NAMESPACE, 'defects')).toMatchObject([{ name: 'm', memory: { seed: 'first' } }]);
  });

  it('is replaced only at the version that was read', async () => {
    await writer.writeMemory(NAMESPACE, writeMemory('m'));
    const [known] = view.configMaps(NAMESPACE, 'defects');
    await writer.writeMemory(NAMESPACE, writeMemory('m', known?.resourceVersion, 'next'));
    expect(view.configMaps(NAMESPACE, 'defects')).toMatchObject([{ memory: { seed: 'next' } }]);
    const stale = writer.writeMemory(NAMESPACE, writeMemory('m', known?.resourceVersion, 'stale'));
    await expect(stale).rejects.toMatchObject({ code: 'conflict' });
  });

  it.each([['not JSON'], ['null'], ['{"revision":"r1"}']])(
    'that reads %j is told of and makes room',
    async (text) => {
      const broken = configMap('m', { 'memory.json': text }, { [LABEL.role]: 'memory' });
      stores.configMaps.remember(await client.create(RESOURCES.configMaps, NAMESPACE, broken));
      expect(unreadable).toEqual(['m']);
      expect(view.configMaps(NAMESPACE, 'defects')).toMatchObject([{ memory: 'unreadable' }]);
      await writer.writeMemory(NAMESPACE, writeMemory('m'));
      expect(view.configMaps(NAMESPACE, 'defects')).toMatchObject([{ memory: { seed: 's' } }]);
    },
  );
});
