import { appendFileSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { RESOURCES } from '../../src/kube/resource.ts';
import { type Connection, connect, type Credentials } from './connect.ts';
import { type Certificate, type Exchange, type HostileServer, pem, startServer } from './hostile-server.ts';
import { ImpatientClock } from './impatient-clock.ts';
import { PATIENT } from './patience.ts';

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface SetUp extends Connection {
  readonly server: HostileServer;
  readonly clock: ImpatientClock;
}

async function setUp(
  handle: (exchange: Exchange) => void,
  options: { certificate?: Certificate; credentials?: () => Credentials } = {},
): Promise<SetUp> {
  const server = await startServer(handle, options.certificate);
  const clock = new ImpatientClock();
  const connection = connect(server.url, clock, options.credentials);
  cleanups.push(
    () => server.close(),
    () => connection.transport.close(),
  );
  return { server, clock, ...connection };
}

function temporaryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'outrigger-test-'));
  cleanups.push(() => rmSync(directory, { recursive: true }));
  return join(directory, 'ca.crt');
}

function useCertificate(certificate: Certificate, file: string): void {
  copyFileSync(join(import.meta.dirname, 'fixtures', `${certificate}.crt`), file);
}

const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'edge-1' } };
const answer = (exchange: Exchange): void => exchange.json(node);
const answerStatus =
  (code: number, reason: string) =>
  (exchange: Exchange): void =>
    exchange.status(code, reason);
const answerOrStream = (exchange: Exchange): void => {
  if (exchange.query.has('watch')) exchange.write('{"n":1}\n');
  else exchange.json(node);
};
const authorizations = ({ server }: SetUp): (string | undefined)[] =>
  server.requests.map(({ headers }) => headers.authorization);
const get = ({ client }: Connection, signal?: AbortSignal): Promise<unknown> =>
  client.get(RESOURCES.nodes, undefined, 'edge-1', signal);

describe('connections', () => {
  it.each([undefined, 'test-only-one'] as const)(
    'are used again: 200 GETs, certificate %s',
    async (certificate) => {
      const caFile = temporaryFile();
      useCertificate('test-only-one', caFile);
      const options = certificate && { certificate, credentials: () => ({ caFile }) };
      const parts = await setUp(answer, options);
      for (let i = 0; i < 200; i++) await get(parts);
      expect(parts.server.requests).toHaveLength(200);
      expect(parts.server.accepted).toBeLessThanOrEqual(2);
      // The server offers HTTP/2 over TLS.
      expect(new Set(parts.server.requests.map(({ httpVersion }) => httpVersion))).toEqual(new Set(['1.1']));
      expect(parts.clock.deadlines).toBe(0);
    },
  );

  it('are closed by close, with what hangs on them', async () => {
    const parts = await setUp(() => {});
    const hanging = get(parts);
    await expect.poll(() => parts.server.requests.length, PATIENT).toBe(1);
    await parts.transport.close();
    await expect(hanging).rejects.toThrow('closed by the operator');
    await expect.poll(() => parts.server.open, PATIENT).toBe(0);
  });

  it('do not outlive an aborted request that was never answered', async () => {
    const parts = await setUp(() => {});
    const stop = new AbortController();
    const hanging = get(parts, stop.signal);
    await expect.poll(() => parts.server.requests.length, PATIENT).toBe(1);
    stop.abort(new Error('stopped'));
    await expect(hanging).rejects.toThrow('stopped');
    await expect.poll(() => parts.server.open, PATIENT).toBe(0);
    expect(parts.clock.deadlines).toBe(0);
  });

  it('do not outlive an aborted request whose body never ends', async () => {
    const parts = await setUp((exchange) => exchange.write('{"kind"'));
    const stop = new AbortController();
    const hanging = get(parts, stop.signal);
    await expect.poll(() => parts.server.requests.length, PATIENT).toBe(1);
    stop.abort(new Error('stopped'));
    await expect(hanging).rejects.toThrow('stopped');
    await expect.poll(() => parts.server.open, PATIENT).toBe(0);
  });

  it('are not made for a request aborted before', async () => {
    const parts = await setUp(answer);
    await expect(get(parts, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expect(parts.server.accepted).toBe(0);
  });
});

describe('the request timeout', () => {
  it.each([
    ['before the headers', () => {}],
    ['inside the body', (exchange: Exchange) => exchange.write('{')],
  ])('ends a request that hangs %s', async (_, handle) => {
    const parts = await setUp(handle);
    const stop = new AbortController();
    const failure = parts.transport
      .send({ method: 'GET', path: '/', signal: stop.signal })
      .catch((error: unknown) => error);
    await expect.poll(() => parts.server.requests.length, PATIENT).toBe(1);
    parts.clock.expire();
    expect(await failure).toMatchObject({ message: 'no answer within 30 s' });
    await expect.poll(() => parts.server.open, PATIENT).toBe(0);
  });

  it('leaves a watch alone once it is open', async () => {
    const parts = await setUp((exchange) => exchange.write('{"a":1}\n'));
    const response = await parts.transport.send({ method: 'GET', path: '/', query: { watch: 'true' } });
    expect(parts.clock.deadlines).toBe(0);
    const lines = response.lines()[Symbol.asyncIterator]();
    expect(await lines.next()).toEqual({ done: false, value: '{"a":1}' });
    await lines.return?.();
    await expect.poll(() => parts.server.open, PATIENT).toBe(0);
  });
});

describe('requests', () => {
  it('ask for JSON that is not compressed, and send the query and the body as they are', async () => {
    const { server, transport } = await setUp(answer);
    const query = { labelSelector: 'a=b,c in (d, e)', continue: 'x+y/z==', absent: undefined };
    await transport.send({
      method: 'PATCH',
      path: '/api',
      query,
      contentType: 'application/x',
      body: { ü: 1 },
    });
    const [request] = server.requests;
    expect(request?.headers).toMatchObject({
      accept: 'application/json',
      'accept-encoding': 'identity',
      'content-type': 'application/x',
      'user-agent': 'outrigger',
    });
    expect(Object.fromEntries(request?.query ?? [])).toEqual({
      labelSelector: query.labelSelector,
      continue: 'x+y/z==',
    });
    expect(request?.body).toBe('{"ü":1}');
  });
});

describe('credentials', () => {
  it('are read again after a 401, and the call repeated with the new ones', async () => {
    let token = 'old';
    const handle = (exchange: Exchange): void => {
      if (exchange.headers.authorization === 'Bearer new') exchange.json(node);
      else exchange.status(401, 'Unauthorized');
      token = 'new';
    };
    const parts = await setUp(handle, { credentials: () => ({ token }) });
    await get(parts);
    await get(parts);
    expect(authorizations(parts)).toEqual(['Bearer old', 'Bearer new', 'Bearer new']);
  });

  it('may end in a newline, as a file of a token often does', async () => {
    const parts = await setUp(answer, { credentials: () => ({ token: 'of-a-file\n' }) });
    await get(parts);
    expect(authorizations(parts)).toEqual(['Bearer of-a-file']);
  });

  it('that stay wrong are tried twice and no more', async () => {
    const parts = await setUp(answerStatus(401, 'Unauthorized'), { credentials: () => ({ token: 'old' }) });
    await expect(get(parts)).rejects.toMatchObject({ code: 'unauthorized', status: 401 });
    expect(authorizations(parts)).toEqual(['Bearer old', 'Bearer old']);
  });

  it('appear in no error', async () => {
    const parts = await setUp(answerStatus(403, 'Forbidden'), {
      credentials: () => ({ token: 'very-secret' }),
    });
    const body = { ...node, data: { password: 'also-secret' } };
    const error = await parts.client
      .create(RESOURCES.nodes, undefined, body)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'forbidden',
      message: 'create nodes edge-1: said Forbidden (403 Forbidden)',
    });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/secret/);
  });

  it('that no longer fit the server make a new connection when the CA file changes', async () => {
    const caFile = temporaryFile();
    useCertificate('test-only-two', caFile);
    const parts = await setUp(answer, { certificate: 'test-only-one', credentials: () => ({ caFile }) });
    const write = (): Promise<unknown> => parts.client.create(RESOURCES.nodes, undefined, node);
    await expect(write()).rejects.toMatchObject({ code: 'transient', status: 0 });
    useCertificate('test-only-one', caFile);
    await write();
    await write();
    expect(parts.server.requests).toHaveLength(2);
  });

  it('that rotate leave the streams of the old connection open', async () => {
    const caFile = temporaryFile();
    useCertificate('test-only-one', caFile);
    const parts = await setUp(answerOrStream, {
      certificate: 'test-only-one',
      credentials: () => ({ caFile }),
    });
    const response = await parts.transport.send({ method: 'GET', path: '/', query: { watch: 'true' } });
    const lines = response.lines()[Symbol.asyncIterator]();
    await lines.next();
    appendFileSync(caFile, pem('test-only-two', 'crt'));
    await get(parts);
    expect(parts.server.open).toBe(2);
    parts.server.requests[0]?.write('{"n":2}\n');
    expect(await lines.next()).toEqual({ done: false, value: '{"n":2}' });
    await lines.return?.();
    await expect.poll(() => parts.server.open, PATIENT).toBe(1);
  });
});
