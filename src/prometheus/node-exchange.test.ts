import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ExchangeRequest } from './http-exchange.ts';
import type { NodeExchange } from './node-exchange.ts';
import { nodeExchange } from './node-exchange.ts';

const open: { server?: http.Server; client?: NodeExchange } = {};

afterEach(async () => {
  open.client?.close();
  const { server } = open;
  if (server === undefined) return;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  delete open.server;
});

const serve = async (answer: http.RequestListener): Promise<string> => {
  const server = http.createServer(answer);
  open.server = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/query`;
};

const client = (): NodeExchange => {
  open.client = nodeExchange();
  return open.client;
};

const request = (url: string, more: Partial<ExchangeRequest> = {}): ExchangeRequest => ({
  url,
  headers: { 'x-a': 'b' },
  body: 'query=up',
  timeout: 10_000,
  maxBytes: 1000,
  ...more,
});

describe('nodeExchange', () => {
  it('posts the body with its headers, and keeps the connection', async () => {
    const seen: string[] = [];
    const ports = new Set<number | undefined>();
    const url = await serve((incoming, response) => {
      ports.add(incoming.socket.remotePort);
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => {
        seen.push(`${incoming.method} ${incoming.url} ${incoming.headers['x-a']} ${body}`);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    const { exchange } = client();
    expect(await exchange(request(url))).toMatchObject({
      kind: 'answer',
      status: 200,
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    await exchange(request(url));
    expect(seen).toEqual(['POST /api/v1/query b query=up', 'POST /api/v1/query b query=up']);
    expect(ports.size).toBe(1);
  });

  it('hands on a redirect and does not follow it', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect(await client().exchange(request(url))).toMatchObject({
      kind: 'answer',
      status: 307,
      headers: { location: '/elsewhere' },
    });
    expect(asked).toBe(1);
  });

  it('gives up on a server that does not answer, or not to the end', async () => {
    const silent = await serve(() => {});
    expect(await client().exchange(request(silent, { timeout: 30 }))).toEqual({
      kind: 'timeout',
      message: 'no answer within 0.03 s',
    });
    open.server?.closeAllConnections();
    open.server?.close();
    const half = await serve((_, response) => void response.writeHead(200).write('{"status"'));
    expect(await client().exchange(request(half, { timeout: 100 }))).toMatchObject({ kind: 'timeout' });
  });

  it('gives up on an answer without end', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200);
      const pump = (): void => {
        if (!response.destroyed && response.write('x'.repeat(500))) setImmediate(pump);
        else response.once('drain', pump);
      };
      pump();
    });
    expect(await client().exchange(request(url))).toEqual({
      kind: 'tooLarge',
      message: 'the answer is larger than 1000 bytes',
    });
  });

  it('says that an answer was cut off', async () => {
    const url = await serve((incoming, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => incoming.socket.destroy());
    });
    expect(await client().exchange(request(url))).toMatchObject({ kind: 'unreachable' });
  });

  it('asks again on a new connection when the kept one was closed in between', async () => {
    let asked = 0;
    const url = await serve((incoming, response) => {
      asked += 1;
      incoming.resume();
      if (asked === 2) incoming.socket.resetAndDestroy();
      else response.end(`${asked}`);
    });
    const { exchange } = client();
    expect(await exchange(request(url))).toMatchObject({ body: '1' });
    expect(await exchange(request(url))).toMatchObject({ body: '3' });
  });

  it.each<[string, Partial<ExchangeRequest>, RegExp]>([
    ['nobody listens', { url: 'http://127.0.0.1:1/' }, /ECONNREFUSED/u],
    ['the name is unknown', { url: 'http://no-such-host.invalid/' }, /ENOTFOUND|EAI_AGAIN/u],
    ['a header can’t be sent', { headers: { 'x-a': 'b\nc' } }, /Invalid character/u],
    ['a key is none', { url: 'https://127.0.0.1:1/', tls: { cert: 'no', key: 'no' } }, /./u],
    ['the server speaks no TLS', { url: 'https://127.0.0.1:1/' }, /./u],
  ])('does not throw when %s', async (_, more, message) => {
    expect(await client().exchange(request('http://127.0.0.1:1/', more))).toEqual({
      kind: 'unreachable',
      message: expect.stringMatching(message),
    });
  });
});
