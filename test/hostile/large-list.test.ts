import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import type { KubeObject, ObjectMeta } from '../../src/api/object-meta.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { byLabel } from '../../src/kube/indices.ts';
import { Store } from '../../src/kube/store.ts';
import { runWatcher } from '../../src/kube/watcher.ts';
import { connect } from './connect.ts';
import { type Exchange, startServer } from './hostile-server.ts';
import { ImpatientClock } from './impatient-clock.ts';
import { PATIENT } from './patience.ts';

const PODS = 10_000;
const cleanups: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** About 5 kB, as a pod of a cluster is. */
function pod(index: number): unknown {
  const metadata = {
    name: `pod-${index}`,
    namespace: 'vision',
    uid: `uid-${index}`,
    resourceVersion: String(index + 1),
    labels: { model: `model-${index % 10}` },
    managedFields: [{ manager: 'kubelet', fieldsV1: { text: 'm'.repeat(2_000) } }],
  };
  const env = Array.from({ length: 20 }, (_, at) => ({ name: `VARIABLE_${at}`, value: 'v'.repeat(100) }));
  return {
    metadata,
    spec: { nodeName: `edge-${index}`, containers: [{ name: 'model', env }] },
    status: { phase: 'Running' },
  };
}

function servePages({ query, json, write }: Exchange): void {
  if (query.has('watch')) {
    write('');
    return;
  }
  const from = Number(query.get('continue') ?? 0);
  const to = Math.min(from + Number(query.get('limit')), PODS);
  const items = Array.from({ length: to - from }, (_, at) => pod(from + at));
  const token = to < PODS ? String(to) : undefined;
  json({ metadata: { resourceVersion: String(PODS), continue: token }, items });
}

interface PodView {
  readonly metadata: ObjectMeta;
  readonly nodeName: string;
}

function project(raw: KubeObject): PodView {
  const { metadata, spec } = raw as KubeObject & { spec: { nodeName: string } };
  return { metadata, nodeName: spec.nodeName };
}

/** Bytes in use after a full collection. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('this runtime has no way to collect garbage');
  collect();
  return getHeapStatistics().used_heap_size;
}

describe('a list of 10,000 pods', () => {
  it('is taken in page by page, and of each pod only the projection is kept', async () => {
    const server = await startServer(servePages);
    const clock = new ImpatientClock();
    const { client, transport } = connect(server.url, clock);
    const stop = new AbortController();
    const store = new Store({ project, indexers: { model: byLabel('model') } });
    const options = { client, resource: RESOURCES.pods, clock, random: () => 0 };
    const before = heapUsed();
    const running = runWatcher(options, (event) => store.handle(event), stop.signal);
    cleanups.push(
      () => server.close(),
      () => transport.close(),
      () => (stop.abort(), running),
    );
    await store.synced();
    await expect.poll(() => server.requests.length, PATIENT).toBe(PODS / 500 + 1);
    expect(store.size).toBe(PODS);
    expect(store.indexed('model', 'vision/model-3')).toHaveLength(PODS / 10);
    expect(store.get('vision', 'pod-9999')).toMatchObject({ nodeName: 'edge-9999' });
    // The pods are 60 MB of JSON, and more than that as objects.
    expect(heapUsed() - before).toBeLessThan(25_000_000);
  });
});
