import { expect, test } from 'vitest';
import { RESOURCES } from '../../src/kube/resource.ts';
import {
  type AnyObject,
  boundPod,
  configMap,
  fresh,
  type Give,
  nowOf,
  pod,
  type Subject,
  watching,
} from './subject.ts';

const { configMaps, pods } = RESOURCES;

export function watchCases(give: Give): void {
  test('a watch tells what happens after a list, in order', async () => {
    const subject = give();
    const { client, namespace } = subject;
    const name = fresh('watched');
    const resourceVersion = await nowOf(subject, configMaps);
    const watch = watching(subject, configMaps, { resourceVersion, fieldSelector: `metadata.name=${name}` });
    const made = await client().create(configMaps, namespace, configMap(name, { a: '1' }));
    const changed = await client().mergePatch(configMaps, namespace, name, { data: { a: '2' } });
    await client().delete(configMaps, namespace, name);

    expect(await watch.next()).toEqual({ type: 'ADDED', object: made });
    expect(await watch.next()).toEqual({ type: 'MODIFIED', object: changed });
    const last = await watch.next();
    expect(last).toMatchObject({ type: 'DELETED', object: { data: { a: '2' } } });
    expect(Number(last.object.metadata.resourceVersion)).toBeGreaterThan(
      Number(changed.metadata.resourceVersion),
    );
    watch.stop();
  });

  test('a watch from an older version tells what was missed', async () => {
    const subject = give();
    const { client, namespace } = subject;
    const name = fresh('missed');
    const resourceVersion = await nowOf(subject, configMaps);
    await client().create(configMaps, namespace, configMap(name, { a: '1' }));
    await client().mergePatch(configMaps, namespace, name, { data: { a: '2' } });
    await client().mergePatch(configMaps, namespace, name, { data: { a: '2' } });
    await client().mergePatch(configMaps, namespace, name, { data: { a: '3' } });
    const watch = watching(subject, configMaps, { resourceVersion, fieldSelector: `metadata.name=${name}` });
    const events = [await watch.next(), await watch.next(), await watch.next()];
    expect(events.map(({ type, object }) => [type, object['data']])).toEqual([
      ['ADDED', { a: '1' }],
      ['MODIFIED', { a: '2' }],
      ['MODIFIED', { a: '3' }],
    ]);
    watch.stop();
  });

  test('what begins to match is added, what ceases to is deleted', async () => {
    const subject = give();
    const { client, namespace } = subject;
    const name = fresh('label');
    const resourceVersion = await nowOf(subject, configMaps);
    const watch = watching(subject, configMaps, { resourceVersion, labelSelector: `wanted=${name}` });
    await client().create(configMaps, namespace, configMap(name, { a: '1' }));
    const labelled = { metadata: { labels: { wanted: name } } };
    const begun = await client().mergePatch(configMaps, namespace, name, labelled);
    const dropped = { metadata: { labels: { wanted: null } }, data: { a: '2' } };
    const ended = await client().mergePatch(configMaps, namespace, name, dropped);
    expect(await watch.next()).toEqual({ type: 'ADDED', object: begun });
    expect(await watch.next()).toMatchObject({
      type: 'DELETED',
      // The last state that matched, at the version at which it ceased to.
      object: { data: { a: '1' }, metadata: { resourceVersion: ended.metadata.resourceVersion } },
    });
    watch.stop();
  });

  test('a kubelet sees the pods of its node only', async () => {
    const subject = give();
    const { client, namespace } = subject;
    const resourceVersion = await nowOf(subject, pods);
    const fieldSelector = 'spec.nodeName=a-node-without-kubelet';
    const watch = watching(subject, pods, { resourceVersion, fieldSelector });
    await client().create(pods, namespace, pod(fresh('elsewhere')));
    const mine = fresh('mine');
    await client().create(pods, namespace, boundPod(mine));
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: mine } } });
    watch.stop();
  });

  test('a version that is too old is gone', async () => {
    // Of a kind that a server does not serve from its first write on, so that 1 is too old for it on any.
    const watch = watching(give(), RESOURCES.edgeModels, { resourceVersion: '1' });
    const event = await watch.next();
    expect(event).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    expect(event.object['message']).toContain('too old resource version: 1');
    expect(await watch.rest()).toEqual([]);
  });

  test('the server ends a watch when its time is up, with a bookmark of what it did not show', async () => {
    const subject = give();
    const resourceVersion = await nowOf(subject, configMaps);
    const fieldSelector = 'metadata.name=never-there';
    const watch = watching(subject, configMaps, { resourceVersion, fieldSelector, timeoutSeconds: 6 });
    const rest = watch.rest();
    const made = await subject.client().create(configMaps, subject.namespace, configMap(fresh('unseen')));
    await subject.pass(6_500);
    const events = await rest;
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['BOOKMARK']));
    const last = events.at(-1) as { object: AnyObject } | undefined;
    expect(last?.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
    expect(Number(last?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(
      Number(made.metadata.resourceVersion),
    );
  });

  test('an aborted watch ends with the reason', async () => {
    const subject = give();
    const watch = watching(subject, configMaps, { resourceVersion: await nowOf(subject, configMaps) });
    const name = fresh('before-abort');
    await subject.client().create(configMaps, subject.namespace, configMap(name));
    await watch.next();
    const next = watch.next();
    watch.stop(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });

  test('a watch of all namespaces sees each', async () => {
    const subject = give();
    const resourceVersion = await nowOf(subject, configMaps);
    const name = fresh('wide');
    const signal = new AbortController();
    const options = { resourceVersion, fieldSelector: `metadata.name=${name}`, signal: signal.signal };
    const events = subject.client().watch(configMaps, options)[Symbol.asyncIterator]();
    await subject.client().create(configMaps, subject.namespace, configMap(name));
    expect((await events.next()).value).toMatchObject({ type: 'ADDED', object: { metadata: { name } } });
    signal.abort();
  });

  test('a watch from nowhere begins with what exists', async () => {
    const subject = give();
    const name = fresh('present');
    await subject.client().create(configMaps, subject.namespace, configMap(name));
    const watch = watching(subject, configMaps, {
      resourceVersion: '0',
      fieldSelector: `metadata.name=${name}`,
    });
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name } } });
    watch.stop();
  });

  test('a watch can begin with what exists, and say when that is all', async () => {
    const { client, namespace, transport } = give();
    const name = fresh('present');
    await client().create(configMaps, namespace, configMap(name));
    const query = {
      watch: 'true',
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
      fieldSelector: `metadata.name=${name}`,
    };
    const abort = new AbortController();
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const answer = await transport.send({ method: 'GET', path, query, signal: abort.signal });
    const events: { type: string; object: AnyObject }[] = [];
    for await (const line of answer.lines()) {
      events.push(JSON.parse(line));
      if (events.length === 2) break;
    }
    abort.abort();
    expect(events).toMatchObject([
      { type: 'ADDED', object: { metadata: { name } } },
      { type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } },
    ]);
  });

  test('a list and the watch from it miss nothing and repeat nothing', async () => {
    const subject = give();
    const labels = { group: fresh('seam') };
    const labelSelector = `group=${labels.group}`;
    await create(subject, labels, 3);
    const { items, resourceVersion } = await subject.client().list(configMaps, {
      namespace: subject.namespace,
      labelSelector,
    });
    expect(items).toHaveLength(3);
    await create(subject, labels, 2);
    const watch = watching(subject, configMaps, { resourceVersion, labelSelector });
    const seen = [await watch.next(), await watch.next()];
    expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'ADDED']);
    const listed = new Set(items.map(({ metadata }) => metadata.uid));
    expect(seen.some(({ object }) => listed.has(object.metadata.uid))).toBe(false);
    watch.stop();
  });
}

async function create(
  { client, namespace }: Subject,
  labels: Record<string, string>,
  count: number,
): Promise<void> {
  for (let index = 0; index < count; index++) {
    await client().create(configMaps, namespace, configMap(fresh('seam'), {}, { labels }));
  }
}
