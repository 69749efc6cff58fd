import { beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../api/object-meta.ts';
import type { NewEvent } from '../controller/ports/event-sink.ts';
import { ApiServer } from '../sim/api-server/api-server.ts';
import { VirtualClock } from '../sim/virtual-clock.ts';
import { KubeClient } from './client.ts';
import { eventStore } from './event-store.ts';
import { RESOURCES } from './resource.ts';

interface StoredEvent extends KubeObject {
  readonly message: string;
}

const NAMESPACE = 'vision';
const subject = {
  apiVersion: 'outrigger.dev/v1alpha1',
  kind: 'EdgeModel',
  namespace: NAMESPACE,
  name: 'defects',
  uid: 'u',
};

let client: KubeClient;

beforeEach(async () => {
  const clock = new VirtualClock();
  client = new KubeClient(new ApiServer(clock), { fieldManager: 'test', clock });
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
  await client.create(RESOURCES.namespaces, undefined, body);
});

const storeWith = (suffix: string) =>
  eventStore(client, { controller: 'outrigger-controller', instance: 'one', suffix: () => suffix });

function news(note: string, time: string): NewEvent {
  return { subject, type: 'Normal', reason: 'Promoted', action: 'Reconcile', note, time };
}

const notes = async (): Promise<string[]> => {
  const events = await client.listAll<StoredEvent>(RESOURCES.events, { namespace: NAMESPACE });
  return events.map(({ message }) => message);
};

describe('eventStore', () => {
  it('writes what kubectl describe shows', async () => {
    const handle = await storeWith('ff').create(news('all nodes', '2026-01-01T00:00:07.654000Z'));
    expect(await client.get(RESOURCES.events, handle.namespace, handle.name)).toMatchObject({
      involvedObject: subject,
      message: 'all nodes',
      source: { component: 'outrigger-controller' },
      reportingComponent: 'outrigger-controller',
      reportingInstance: 'one',
      firstTimestamp: '2026-01-01T00:00:07Z',
      lastTimestamp: '2026-01-01T00:00:07Z',
      count: 1,
    });
  });

  it('counts a repetition at its time', async () => {
    const store = storeWith('ff');
    const handle = await store.create(news('again', '2026-01-01T00:00:00.000000Z'));
    const series = { count: 7, lastTime: '2026-01-01T00:05:00.900000Z' };
    expect(await store.repeat(handle, series)).toBe('done');
    expect(await client.get(RESOURCES.events, handle.namespace, handle.name)).toMatchObject({
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:05:00Z',
      count: 7,
    });
    await client.delete(RESOURCES.events, handle.namespace, handle.name);
    expect(await store.repeat(handle, series)).toBe('gone');
  });

  it('is listed in the order of writing, also within a millisecond and where the clock steps back', async () => {
    const store = storeWith('ff');
    const expected: string[] = [];
    for (const time of ['00:00:01.999', '00:00:02.000', '00:00:02.001', '00:00:01.500']) {
      for (let index = 0; index < 20; index++) {
        expected.push(`${time} ${index}`);
        await store.create(news(`${time} ${index}`, `2026-01-01T${time}000Z`));
      }
    }
    expect(await notes()).toEqual(expected);
  });

  it('does not meet the events of another process', async () => {
    const time = '2026-01-01T00:00:00.000000Z';
    await storeWith('aa').create(news('a', time));
    await storeWith('bb').create(news('b', time));
    expect(await notes()).toEqual(['a', 'b']);
  });

  it('cuts a long name where the rest is a name', async () => {
    const name = `${'a'.repeat(199)}.${'b'.repeat(53)}`;
    const event = { ...news('long', '2026-01-01T00:00:00.000000Z'), subject: { ...subject, name } };
    const handle = await storeWith('ff').create(event);
    expect(handle.name).toBe(`${'a'.repeat(199)}.06474846204000ff`);
  });
});
