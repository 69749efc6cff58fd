import { afterEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { type Connection, connect } from './connect.ts';
import { type Exchange, type HostileServer, startServer } from './hostile-server.ts';
import { ImpatientClock } from './impatient-clock.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

type Step = (exchange: Exchange) => void;

/** Answers the first requests step by step, and all later ones with the last step. */
async function setUp(...steps: readonly Step[]) {
  const server: HostileServer = await startServer((exchange) =>
    (steps[server.requests.length - 1] ?? steps.at(-1))?.(exchange),
  );
  const clock = new ImpatientClock();
  const connection: Connection = connect(server.url, clock);
  cleanups.push(
    () => server.close(),
    () => connection.transport.close(),
  );
  return { server, clock, ...connection };
}

const { pods } = RESOURCES;
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'vision' } };
const fine: Step = (exchange) =>
  exchange.json({ ...pod, metadata: { ...pod.metadata, resourceVersion: '7' } });
const broken: Step = (exchange) => exchange.status(500, 'InternalError');
const unreachable: Step = ({ socket }) => void socket.resetAndDestroy();
const cutInBody: Step = (exchange) => {
  exchange.write('{"apiVersion":"v1"');
  setImmediate(() => exchange.socket.destroy());
};
const throttled =
  (seconds: number): Step =>
  (exchange) =>
    exchange.status(429, 'TooManyRequests', { 'retry-after': String(seconds) });

/** Every way to write, each of which must reach the server once and no more when its outcome is unknown. */
const writes: readonly [string, (connection: Connection) => Promise<unknown>][] = [
  ['create', ({ client }) => client.create(pods, 'vision', pod)],
  ['replace', ({ client }) => client.replace(pods, pod)],
  ['apply', ({ client }) => client.apply(pods, 'vision', 'a', pod)],
  ['mergePatch', ({ client }) => client.mergePatch(pods, 'vision', 'a', { metadata: { labels: {} } })],
  ['delete', ({ client }) => client.delete(pods, 'vision', 'a')],
];

describe('a read', () => {
  it.each([
    ['a 500', broken],
    ['a connection reset', unreachable],
    ['a body that is cut', cutInBody],
  ])('is repeated with backoff after %s', async (_, step) => {
    const { client, clock } = await setUp(step, step, fine);
    expect((await client.get(pods, 'vision', 'a')).metadata.resourceVersion).toBe('7');
    expect(clock.waits).toEqual([200, 400]);
  });

  it('gives up after four tries, and says what it was told', async () => {
    const { client, server } = await setUp(broken);
    await expect(client.get(pods, 'vision', 'a')).rejects.toMatchObject({
      code: 'transient',
      status: 500,
      message: 'get pods vision/a: said InternalError (500 InternalError)',
    });
    expect(server.requests).toHaveLength(4);
  });

  it.each([
    [400, 'BadRequest', 'invalid'],
    [403, 'Forbidden', 'forbidden'],
    [404, 'NotFound', 'notFound'],
    [409, 'Conflict', 'conflict'],
    [409, 'AlreadyExists', 'alreadyExists'],
    [410, 'Expired', 'gone'],
    [422, 'Invalid', 'invalid'],
  ])('is not repeated after a %i %s, which is %s', async (status, reason, code) => {
    const { client, server } = await setUp((exchange) => exchange.status(status, reason));
    await expect(client.get(pods, 'vision', 'a')).rejects.toMatchObject({ code, status, reason });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['garbage', '<html>login</html>'],
    ['an object that is none', '{}'],
    ['null', 'null'],
  ])('takes %s with status 200 for an error', async (_, body) => {
    const { client } = await setUp(({ response }) => void response.end(body));
    await expect(client.get(pods, 'vision', 'a')).rejects.toMatchObject({
      code: 'transient',
      reason: 'BadAnswer',
    });
    await expect(client.list(pods)).rejects.toMatchObject({ code: 'transient', reason: 'BadAnswer' });
  });

  it('shows the beginning of what a proxy says, and no more', async () => {
    const { client } = await setUp(({ response }) =>
      response.writeHead(400).end(`no upstream ${'x'.repeat(9000)}`),
    );
    const error = await client.get(pods, 'vision', 'a').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'invalid', reason: 'Http400' });
    expect((error as Error).message).toMatch(/^get pods vision\/a: no upstream x{100,200} \(400 Http400\)$/);
  });

  it('stops waiting when aborted', async () => {
    const stop = new AbortController();
    const { client } = await setUp((exchange) => {
      throttled(5)(exchange);
      setImmediate(() => stop.abort(new Error('stopped')));
    });
    await expect(client.get(pods, 'vision', 'a', stop.signal)).rejects.toThrow('stopped');
  });
});

describe('a write', () => {
  it.each(writes)('%s is repeated when throttled, after the time that the server names', async (_, write) => {
    const parts = await setUp(throttled(3), throttled(1), fine);
    await write(parts);
    expect(parts.clock.waits).toEqual([3_000, 1_000]);
  });

  it.each(writes)('%s is not repeated when its outcome is unknown', async (_, write) => {
    for (const step of [broken, unreachable, cutInBody]) {
      const parts = await setUp(step, fine);
      await expect(write(parts)).rejects.toMatchObject({ code: 'transient' });
      expect(parts.server.requests).toHaveLength(1);
    }
  });

  it('leaves a long Retry-After to its caller', async () => {
    const { client, server } = await setUp(throttled(300));
    await expect(client.create(pods, 'vision', pod)).rejects.toMatchObject({
      code: 'throttled',
      retryAfterMs: 300_000,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('hands on which fields the server objects to', async () => {
    const causes = [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.containers' }];
    const status = {
      kind: 'Status',
      code: 422,
      reason: 'Invalid',
      message: 'Pod "a" is invalid',
      details: { causes },
    };
    const { client } = await setUp((exchange) => exchange.json(status, 422));
    await expect(client.create(pods, 'vision', pod)).rejects.toMatchObject({
      code: 'invalid',
      serverMessage: 'Pod "a" is invalid',
      details: causes,
    });
  });
});

describe('what goes over the wire', () => {
  it('names the manager, the patch and the preconditions', async () => {
    const { client, server } = await setUp(fine);
    await client.create(pods, 'vision', pod, { dryRun: true, fieldValidation: 'Strict' });
    await client.apply(pods, 'vision', 'a', pod, { subresource: 'status' });
    await client.apply(pods, 'vision', 'a', pod, { force: false });
    await client.mergePatch(
      pods,
      'vision',
      'a',
      { metadata: { resourceVersion: '3' } },
      { subresource: 'status' },
    );
    await client.replace(pods, pod, { subresource: 'status' });
    await client.delete(pods, 'vision', 'a', {
      uid: 'u',
      gracePeriodSeconds: 0,
      propagationPolicy: 'Orphan',
    });
    const path = '/api/v1/namespaces/vision/pods';
    const seen = server.requests.map(({ method, path, query, headers }) => [
      `${method} ${path}`,
      query.toString(),
      headers['content-type'],
    ]);
    expect(seen).toEqual([
      [`POST ${path}`, 'fieldManager=test&dryRun=All&fieldValidation=Strict', 'application/json'],
      [`PATCH ${path}/a/status`, 'fieldManager=test&force=true', 'application/apply-patch+yaml'],
      [`PATCH ${path}/a`, 'fieldManager=test&force=false', 'application/apply-patch+yaml'],
      [`PATCH ${path}/a/status`, 'fieldManager=test', 'application/merge-patch+json'],
      [`PUT ${path}/a/status`, 'fieldManager=test', 'application/json'],
      [`DELETE ${path}/a`, '', 'application/json'],
    ]);
    expect(JSON.parse(server.requests.at(-1)?.body ?? '')).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: 'u' },
      gracePeriodSeconds: 0,
      propagationPolicy: 'Orphan',
    });
  });
});

const page = (names: readonly string[], token?: string): Step => {
  const items = names.map((name) => ({ metadata: { name, managedFields: [{ manager: 'kubelet' }] } }));
  return (exchange) => exchange.json({ metadata: { resourceVersion: '9', continue: token }, items });
};
const expired: Step = (exchange) => exchange.status(410, 'Expired');

describe('listAll', () => {
  it('follows the pages, names the kind of each item, and keeps no managed fields', async () => {
    const { client, server } = await setUp(page(['a', 'b'], 't1'), page(['c'], ''));
    const all = await client.listAll<KubeObject>(pods, { labelSelector: 'x=y', resourceVersion: '0' });
    expect(all).toEqual(
      ['a', 'b', 'c'].map((name) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name } })),
    );
    expect(server.requests.map(({ query }) => Object.fromEntries(query))).toEqual([
      { labelSelector: 'x=y', limit: '500', resourceVersion: '0' },
      { labelSelector: 'x=y', limit: '500', continue: 't1' },
    ]);
  });

  it('begins again where its token expires, with nothing of the first try', async () => {
    const { client } = await setUp(page(['gone'], 't1'), expired, page(['a'], 't2'), page(['b']));
    const all = await client.listAll<KubeObject>(pods);
    expect(all.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });

  it('gives up on a server whose tokens always expire', async () => {
    const { client, server } = await setUp((exchange) =>
      exchange.query.has('continue') ? expired(exchange) : page(['a'], 't')(exchange),
    );
    await expect(client.listAll(pods)).rejects.toMatchObject({ code: 'gone' });
    expect(server.requests).toHaveLength(8);
  });

  it('takes the null of an empty Go slice for an empty list', async () => {
    const { client } = await setUp((exchange) =>
      exchange.json({ metadata: { resourceVersion: '9' }, items: null }),
    );
    expect(await client.listAll(pods)).toEqual([]);
  });
});

describe('onRequest', () => {
  it('is told of every exchange, also of those that failed or were repeated', async () => {
    const { client, records } = await setUp(broken, unreachable, fine);
    await client.get(pods, 'vision', 'a');
    await client.create(pods, 'vision', pod, { dryRun: true });
    await client.mergePatch(pods, 'vision', 'a', {}, { subresource: 'status' });
    expect(records.every(({ durationMs }) => durationMs >= 0)).toBe(true);
    expect(records).toMatchObject([
      { verb: 'get', resource: 'pods', status: 500, dryRun: false },
      { verb: 'get', resource: 'pods', status: 0, dryRun: false },
      { verb: 'get', resource: 'pods', status: 200, dryRun: false },
      { verb: 'create', resource: 'pods', status: 200, dryRun: true },
      { verb: 'patch', resource: 'pods/status', status: 200, dryRun: false },
    ]);
  });
});
