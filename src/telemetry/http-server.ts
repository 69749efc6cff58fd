import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ListenAddress } from './listen-address.ts';
import { type Probe, probeText } from './probe.ts';

export interface Endpoints {
  readonly health: () => Probe;
  readonly readiness: () => Probe;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

export interface TelemetryServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * /healthz, /readyz and /metrics. That an answer comes at all says that the one event loop of the process turns.
 *
 * Errors: rejects where the address cannot be listened on.
 */
export async function serveTelemetry(address: ListenAddress, endpoints: Endpoints): Promise<TelemetryServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'only GET\n');
    switch (pathname) {
      case '/healthz':
        return probe(response, endpoints.health());
      case '/readyz':
        return probe(response, endpoints.readiness());
      case '/metrics':
        page(request, endpoints).then(
          ({ contentType, body, encoding }) => answer(response, 200, body, contentType, encoding),
          () => answer(response, 500, 'the metrics could not be collected\n'),
        );
        return;
      default:
        return answer(response, 404, 'there are /healthz, /readyz and /metrics\n');
    }
  });
  server.listen({ port: address.port, ...(address.host !== undefined && { host: address.host }) });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Page {
  readonly contentType: string;
  readonly body: string | Buffer;
  readonly encoding?: 'gzip';
}

/** The series of a thousand models are 2 MB of text, a tenth of that as Prometheus asks for it. */
async function page(request: IncomingMessage, endpoints: Endpoints): Promise<Page> {
  const { contentType, body } = await endpoints.metrics();
  const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  return takesGzip ? { contentType, body: await zip(body), encoding: 'gzip' } : { contentType, body };
}

const zip = promisify<string, Buffer>(gzip);

function probe(response: ServerResponse, said: Probe): void {
  answer(response, said.ok ? 200 : 503, probeText(said));
}

function answer(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  contentType = 'text/plain; charset=utf-8',
  encoding?: string,
): void {
  const headers = {
    'content-type': contentType,
    ...(encoding !== undefined && { 'content-encoding': encoding }),
  };
  response.writeHead(status, headers).end(body);
}
