import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import type { KubeObject, ObjectMeta } from '../../src/api/object-meta.ts';
import { EventRecorder } from '../../src/controller/event-recorder.ts';
import { type LeaderChange, leadWhileElected } from '../../src/controller/leader.ts';
import { KubeClient, type RequestRecord } from '../../src/kube/client.ts';
import { eventStore } from '../../src/kube/event-store.ts';
import { HttpsTransport } from '../../src/kube/https-transport.ts';
import { loadKubeConfig } from '../../src/kube/kubeconfig.ts';
import { leaseStore } from '../../src/kube/lease-store.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { Store } from '../../src/kube/store.ts';
import { runWatcher, type WatchFailure } from '../../src/kube/watcher.ts';
import { systemClock as clock } from '../../src/telemetry/system-clock.ts';
import { describeReal, type RealParts } from '../setup/describe-real.ts';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const { configMaps } = RESOURCES;
const WAIT = { timeout: 60_000, interval: 20 };

function configMap(namespace: string, name: string, data: ConfigMap['data'] = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data };
}

function connectTo({ kubeconfig }: RealParts, fieldManager: string) {
  const load = () => loadKubeConfig({ kubeconfig, env: {} });
  const transport = new HttpsTransport({ load, clock });
  const records: RequestRecord[] = [];
  const onRequest = (record: RequestRecord): void => void records.push(record);
  onTestFinished(() => transport.close());
  return { client: new KubeClient(transport, { fieldManager, clock, onRequest }), records };
}

function watch(client: KubeClient, namespace: string) {
  const store = new Store<{ readonly metadata: ObjectMeta }>({ project: ({ metadata }) => ({ metadata }) });
  const failures: WatchFailure[] = [];
  const stop = new AbortController();
  const onFailure = (failure: WatchFailure): void => void failures.push(failure);
  const labelSelector = '!kubernetes.io/ignored';
  const options = {
    client,
    resource: configMaps,
    namespace,
    labelSelector,
    clock,
    random: Math.random,
    onFailure,
  };
  const running = runWatcher({ ...options, pageSize: 3 }, (event) => store.handle(event), stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  return { store, failures };
}

const suffix = (): string => randomBytes(4).toString('hex');

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
}

describeReal('the client on a real API server', (real) => {
  const connect = (fieldManager = 'outrigger-test') => connectTo(real(), fieldManager);

  it('writes with the preconditions that it names', async () => {
    const namespace = await real().namespace();
    const { client } = connect();
    const made = await client.create(configMaps, namespace, configMap(namespace, 'a', { n: '1' }));
    await expect(client.create(configMaps, namespace, configMap(namespace, 'a'))).rejects.toMatchObject({
      code: 'alreadyExists',
    });
    const replaced = await client.replace(configMaps, { ...made, data: { n: '2' } });
    await expect(client.replace(configMaps, { ...made, data: { n: '3' } })).rejects.toMatchObject({
      code: 'conflict',
    });
    const stale = { metadata: { resourceVersion: made.metadata.resourceVersion }, data: { n: '4' } };
    await expect(client.mergePatch(configMaps, namespace, 'a', stale)).rejects.toMatchObject({
      code: 'conflict',
    });
    const patched = await client.mergePatch<ConfigMap>(configMaps, namespace, 'a', {
      data: { n: '5', m: null },
    });
    expect(patched.data).toEqual({ n: '5' });
    expect(replaced.metadata.uid).toBe(made.metadata.uid);
    await expect(client.delete(configMaps, namespace, 'a', { uid: 'another' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await client.delete(configMaps, namespace, 'a', { uid: made.metadata.uid ?? '' });
    await expect(client.get(configMaps, namespace, 'a')).rejects.toMatchObject({ code: 'notFound' });
  });

  it('applies: takes over, gives up what it no longer names, and asks first where it should not force', async () => {
    const namespace = await real().namespace();
    const { client } = connect();
    const other = connect('somebody-else').client;
    await client.apply(configMaps, namespace, 'a', configMap(namespace, 'a', { mine: '1', gone: '1' }));
    await client.apply(configMaps, namespace, 'a', configMap(namespace, 'a', { mine: '2' }));
    const conflicting = configMap(namespace, 'a', { mine: '3' });
    await expect(
      other.apply(configMaps, namespace, 'a', conflicting, { force: false }),
    ).rejects.toMatchObject({
      code: 'conflict',
    });
    const applied = await other.apply<ConfigMap>(configMaps, namespace, 'a', conflicting);
    expect(applied.data).toEqual({ mine: '3' });
  });

  it('tries a pod without making it, and says which field is misspelt', async () => {
    const namespace = await real().namespace();
    const { client, records } = connect();
    const pod = (spec: object) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name: 'p' },
      spec,
    });
    const container = { name: 'model', image: 'registry.example/a' };
    const options = { dryRun: true, fieldValidation: 'Strict' } as const;
    const misspelt = client.create(
      RESOURCES.pods,
      namespace,
      pod({ containers: [{ ...container, imag: 'x' }] }),
      options,
    );
    await expect(misspelt).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('unknown field "spec.containers[0].imag"'),
    });
    await client.create(RESOURCES.pods, namespace, pod({ containers: [container] }), options);
    expect(await client.listAll(RESOURCES.pods, { namespace })).toEqual([]);
    expect(records.map(({ verb, status, dryRun }) => [verb, status, dryRun])).toEqual([
      ['create', 400, true],
      ['create', 201, true],
      ['list', 200, false],
    ]);
  });

  it('lists in pages and watches what comes, and its own writes are no news to it', async () => {
    const namespace = await real().namespace();
    const { client } = connect();
    for (let i = 0; i < 8; i++) await client.create(configMaps, namespace, configMap(namespace, `c${i}`));
    const { store } = watch(client, namespace);
    await store.synced();
    const ours = (): number => store.list().filter(({ metadata }) => metadata.name.startsWith('c')).length;
    expect(ours()).toBe(8);
    const made = await client.create(configMaps, namespace, configMap(namespace, 'c8'));
    store.remember(made);
    expect(ours()).toBe(9);
    let changes = 0;
    store.subscribe(() => void (changes += 1));
    await client.create(configMaps, namespace, configMap(namespace, 'after'));
    await expect.poll(() => store.get(namespace, 'after') !== undefined, WAIT).toBe(true);
    expect(changes).toBe(1);
    await client.delete(configMaps, namespace, 'c8');
    await expect.poll(ours, WAIT).toBe(8);
  });

  it('goes on watching when the API server was away', async () => {
    const namespace = await real().namespace();
    const { client } = connect();
    const { store, failures } = watch(client, namespace);
    await store.synced();
    await real().stopApiServer();
    await expect.poll(() => failures.length, WAIT).toBeGreaterThan(0);
    await real().startApiServer();
    await client.create(configMaps, namespace, configMap(namespace, 'after'));
    await expect.poll(() => store.get(namespace, 'after') !== undefined, WAIT).toBe(true);
  });

  it('is given a lease, keeps others out, and hands it on when it stops', async () => {
    const namespace = await real().namespace();
    const { client } = connect();
    const run = (identity: string) => {
      const stop = new AbortController();
      const changes: LeaderChange['type'][] = [];
      const lease = leaseStore(client, namespace, 'outrigger');
      const onChange = ({ type }: LeaderChange): void => void changes.push(type);
      const options = { lease, clock, identity, random: Math.random, onChange, retryMs: 1_000 };
      return { stop, changes, done: leadWhileElected(options, untilAborted, stop.signal) };
    };
    const a = run('a');
    await expect.poll(() => a.changes, WAIT).toEqual(['acquired']);
    const b = run('b');
    await expect.poll(() => b.changes, WAIT).toEqual(['waiting']);
    a.stop.abort();
    await a.done;
    expect(a.changes).toEqual(['acquired', 'released']);
    await expect.poll(() => b.changes, WAIT).toContain('acquired');
    b.stop.abort();
    await b.done;
    expect(b.changes).toEqual(['waiting', 'acquired', 'released']);
  });

  it('writes events that kubectl describe asks for, in their order, and counts them', async () => {
    const namespace = await real().namespace();
    const { client } = connect();
    const { metadata } = await client.create(configMaps, namespace, configMap(namespace, 'subject'));
    const uid = metadata.uid ?? '';
    const sink = eventStore(client, { controller: 'outrigger-controller', instance: 'test', suffix });
    const errors: unknown[] = [];
    const recorder = new EventRecorder({ sink, clock, onError: (error) => void errors.push(error) });
    const subject = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'subject', uid };
    const record = (reason: string, note: string): void =>
      recorder.record({ subject, type: 'Warning', reason, action: 'Judge', note });
    const notes = Array.from({ length: 20 }, (_, index) => `look ${index}`);
    // A reason for each: of one with ever new notes only the first few become Events of their own.
    for (const [index, note] of notes.entries()) record(`Held${index}`, note);
    for (let i = 0; i < 3; i++) record('Held', 'ü'.repeat(2_000));
    await recorder.flush();
    expect(errors).toEqual([]);
    const query = `fieldSelector=involvedObject.uid%3D${uid}%2CinvolvedObject.name%3Dsubject`;
    const { body } = await real().call('GET', `/api/v1/namespaces/${namespace}/events?${query}`);
    const items = body['items'] as { message: string; lastTimestamp: string; count: number }[];
    expect(items.map(({ message }) => message)).toEqual([...notes, expect.stringMatching(/ü…$/)]);
    // What kubectl sorts by, which leaves the order of a list alone where it is sorted already.
    const times = items.map(({ lastTimestamp }) => Date.parse(lastTimestamp));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(items.map(({ count }) => count)).toEqual([...notes.map(() => 1), 3]);
    const source = { component: 'outrigger-controller' };
    expect(items[0]).toMatchObject({ source, reportingComponent: 'outrigger-controller' });
  });
});
