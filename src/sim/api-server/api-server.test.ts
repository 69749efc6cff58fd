import { expect, test } from 'vitest';
import type { KubeObject } from '../../api/object-meta.ts';
import { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { RESOURCES } from '../../kube/resource.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { ApiServer } from './api-server.ts';
import { ApiStatus } from './api-status.ts';

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

function configMap(name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

function setup(options = {}): { clock: VirtualClock; server: ApiServer; client: KubeClient } {
  const clock = new VirtualClock();
  const server = new ApiServer(clock, options);
  return { clock, server, client: new KubeClient(server, { fieldManager: 'test', clock, random: () => 0 }) };
}

async function generated(): Promise<KubeObject> {
  const { client } = setup({ seed: 7 });
  const body = { ...configMap(''), metadata: { name: '', generateName: 'some-' } };
  return client.create(RESOURCES.configMaps, 'default', body);
}

test('nobody shares memory with the server', async () => {
  const { client } = setup();
  const body = configMap('shared', { a: '1' });
  const created = await client.create(RESOURCES.configMaps, 'default', body);
  const { data = {} } = body;
  data['a'] = 'changed by the sender';
  if (created.data) created.data['a'] = 'changed by the reader';

  const read = await client.get<ConfigMap>(RESOURCES.configMaps, 'default', 'shared');

  expect(read.data).toEqual({ a: '1' });
});

test('a write can happen while its answer is lost', async () => {
  const { client, server } = setup();
  const stop = server.intercept({
    after: ({ method }) => (method === 'POST' ? { error: new Error('reset') } : 'pass'),
  });

  await expect(client.create(RESOURCES.configMaps, 'default', configMap('a'))).rejects.toThrow('reset');
  stop();

  const read = await client.get<ConfigMap>(RESOURCES.configMaps, 'default', 'a');
  expect(read.metadata.name).toBe('a');
});

test('a request that fails before it arrives changes nothing', async () => {
  const { client, server } = setup();
  const throttled = new ApiStatus(503, 'ServiceUnavailable', 'down');
  const stop = server.intercept({ before: () => ({ status: throttled }) });

  const error = await client
    .create(RESOURCES.configMaps, 'default', configMap('a'))
    .catch((caught: unknown) => caught);
  expect(isApiError(error, 'transient')).toBe(true);
  stop();

  await expect(client.get(RESOURCES.configMaps, 'default', 'a')).rejects.toThrow('not found');
});

test('what the history no longer holds is gone', async () => {
  const { client, server } = setup();
  const before = await client.list(RESOURCES.configMaps, { namespace: 'default' });
  await client.create(RESOURCES.configMaps, 'default', configMap('a'));
  await client.create(RESOURCES.configMaps, 'default', configMap('b'));
  const page = await client.list(RESOURCES.configMaps, { namespace: 'default', limit: 1 });
  server.compact();

  const stop = new AbortController();
  const { resourceVersion } = before;
  const options = { namespace: 'default', resourceVersion, signal: stop.signal };
  const events = [];
  for await (const event of client.watch(RESOURCES.configMaps, options)) events.push(event);
  expect(events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);

  const next = await client
    .list(RESOURCES.configMaps, { namespace: 'default', limit: 1, continue: page.continue })
    .catch((caught: unknown) => caught);
  expect(isApiError(next, 'gone')).toBe(true);
});

test('the history holds as much as it is told to', async () => {
  const { client } = setup({ historyLimit: 5 });
  const { resourceVersion } = await client.list(RESOURCES.configMaps);
  for (let index = 0; index < 12; index++) {
    await client.create(RESOURCES.configMaps, 'default', configMap(`c${index}`));
  }

  const events = [];
  const signal = new AbortController().signal;
  for await (const event of client.watch(RESOURCES.configMaps, { resourceVersion, signal }))
    events.push(event);
  expect(events).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);
});

test('a restart of the server cuts its watches', async () => {
  const { client, server, clock } = setup();
  const { resourceVersion } = await client.list(RESOURCES.pods);
  const signal = new AbortController().signal;
  const watch = client.watch(RESOURCES.pods, { resourceVersion, signal })[Symbol.asyncIterator]();
  const next = watch.next();
  await clock.advance(1);
  server.breakWatches(new Error('connection reset by peer'));

  await expect(next).rejects.toThrow('connection reset by peer');
});

test('two servers with one seed give the same uids and names', async () => {
  const [first, second] = [await generated(), await generated()];

  expect(first.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(first.metadata.name).toMatch(/^some-[a-z0-9]{5}$/);
  expect(second.metadata).toEqual(first.metadata);
});
