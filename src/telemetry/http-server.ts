import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from './listen-address.ts';

export interface Endpoints {
  /** Whether the process can do its work; before the cluster has been read it cannot. */
  readonly ready: () => boolean;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

export interface TelemetryServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * /healthz, /readyz and /metrics. That an answer comes at all is the health: the process has one event loop.
 *
 * Errors: rejects where the address cannot be listened on.
 */
export async function serveTelemetry(address: ListenAddress, endpoints: Endpoints): Promise<TelemetryServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'only GET\n');
    switch (pathname) {
      case '/healthz':
        return answer(response, 200, 'ok\n');
      case '/readyz':
        return endpoints.ready()
          ? answer(response, 200, 'ok\n')
          : answer(response, 503, 'the cluster has not been read yet\n');
      case '/metrics':
        endpoints.metrics().then(
          ({ contentType, body }) => answer(response, 200, body, contentType),
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

function answer(response: ServerResponse, status: number, body: string, contentType = 'text/plain'): void {
  response.writeHead(status, { 'content-type': contentType }).end(body);
}
