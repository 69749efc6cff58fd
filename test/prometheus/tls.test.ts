import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ExchangeResult, ExchangeTls } from '../../src/prometheus/http-exchange.ts';
import { nodeExchange } from '../../src/prometheus/node-exchange.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../hostile/fixtures/${name}`, import.meta.url), 'utf8');
const one = { cert: fixture('test-only-one.crt'), key: fixture('test-only-one.key') };
const two = { cert: fixture('test-only-two.crt'), key: fixture('test-only-two.key') };

describe('nodeExchange over TLS', () => {
  const client = nodeExchange();
  const server = createServer(
    { ...one, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const peer = (request.socket as TLSSocket).getPeerCertificate();
      response.end(peer.raw === undefined ? 'nobody' : 'somebody');
    },
  );
  let url = '';

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });

  const ask = (tls: ExchangeTls | undefined): Promise<ExchangeResult> =>
    client.exchange({
      url,
      headers: {},
      body: '',
      ...(tls !== undefined && { tls }),
      timeout: 10_000,
      maxBytes: 1000,
    });

  it('trusts the authority that it is given', async () => {
    expect(await ask({ ca: one.cert })).toMatchObject({ kind: 'answer', body: 'nobody' });
  });

  it.each<[string, ExchangeTls | undefined]>([
    ['no authority', undefined],
    ['another authority', { ca: two.cert }],
    ['another name', { ca: one.cert, serverName: 'elsewhere.example' }],
  ])('refuses a server with %s', async (_, tls) => {
    expect(await ask(tls)).toMatchObject({ kind: 'unreachable' });
  });

  it('looks away where it is told to', async () => {
    expect(await ask({ insecureSkipVerify: true })).toMatchObject({ kind: 'answer' });
  });

  it('shows a client certificate, and never one connection’s to another', async () => {
    expect(await ask({ ca: one.cert, ...two })).toMatchObject({ body: 'somebody' });
    expect(await ask({ ca: one.cert })).toMatchObject({ body: 'nobody' });
  });
});
