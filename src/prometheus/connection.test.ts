import { describe, expect, it } from 'vitest';
import type { MetricsConnection } from '../controller/ports/metrics-source.ts';
import { endpointOf } from './connection.ts';

const connection = (more: Partial<MetricsConnection>): MetricsConnection => ({
  address: 'https://prom:9090',
  headers: {},
  matchLabels: {},
  timeout: 1000,
  ...more,
});

describe('endpointOf', () => {
  it('takes an address with a path prefix', () => {
    expect(endpointOf(connection({ address: 'http://prom:9090/a/b//' }))).toEqual({
      base: 'http://prom:9090/a/b',
      headers: {},
    });
  });

  it('writes basic and bearer credentials, over headers of the same name', () => {
    expect(
      endpointOf(
        connection({
          secret: { username: 'ann', password: 'a:b c\n' },
          headers: { Authorization: 'x', 'X-Scope-OrgID': 'edge' },
        }),
      ),
    ).toMatchObject({
      headers: {
        authorization: `Basic ${Buffer.from('ann:a:b c').toString('base64')}`,
        'x-scope-orgid': 'edge',
      },
    });
    expect(endpointOf(connection({ secret: { token: 't\n' } }))).toMatchObject({
      headers: { authorization: 'Bearer t' },
    });
  });

  it('takes keys and names for TLS, and leaves them out of plain HTTP', () => {
    const tls = {
      secret: { 'ca.crt': 'ca', 'tls.crt': 'crt', 'tls.key': 'key' },
      tls: { serverName: 'prom.example' },
    };
    expect(endpointOf(connection(tls))).toMatchObject({
      tls: { ca: 'ca', cert: 'crt', key: 'key', serverName: 'prom.example' },
    });
    expect(endpointOf(connection({ ...tls, address: 'http://prom' }))).not.toHaveProperty('tls');
  });

  it.each<[string, Partial<MetricsConnection>, string]>([
    ['no address', { address: 'prometheus:9090' }, 'no http:// or https:// address'],
    ['another scheme', { address: 'ftp://prom' }, 'no http:// or https:// address'],
    ['credentials in the address', { address: 'http://a:b@prom' }, 'put them into the Secret'],
    ['a query in the address', { address: 'http://prom/?a=b' }, 'path only'],
    [
      'both kinds of credentials',
      { secret: { token: 't', username: 'u', password: 'p' } },
      'keep one of the two',
    ],
    ['half of basic', { secret: { username: 'u' } }, 'lacks the key password'],
    ['half of a client certificate', { secret: { 'tls.key': 'k' } }, 'lacks the key tls.crt'],
  ])('refuses %s', (_, more, message) => {
    expect(endpointOf(connection(more))).toEqual({ error: expect.stringContaining(message) });
  });
});
