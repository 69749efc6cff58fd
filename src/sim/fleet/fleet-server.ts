import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Target } from '../prometheus/target.ts';
import type { FleetAgent } from './fleet-agent.ts';
import type { NodeAgent } from './node-agent.ts';

const FAULTS: Readonly<Record<string, (node: NodeAgent) => void>> = {
  'cut-off': (node) => node.cutOff(),
  reconnect: (node) => node.reconnect(),
  'power-off': (node) => node.powerOff(),
  boot: (node) => node.boot(),
  'fill-disk': (node) => {
    node.fullDisk = true;
  },
  'free-disk': (node) => {
    node.fullDisk = false;
  },
};

export const FAULT_NAMES: readonly string[] = Object.keys(FAULTS);

/**
 * What a fleet offers over HTTP on 127.0.0.1: `/targets` for the HTTP service discovery of Prometheus, the metrics
 * page of each pod, `/nodes`, and `POST /nodes/NAME/FAULT`. Errors: rejects where the port is taken.
 */
export async function serveFleet(
  fleet: FleetAgent,
  port: number,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => handle(fleet, portOf(server), request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: portOf(server),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

function handle(fleet: FleetAgent, port: number, request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'http://fleet');
  const [first, second, third, fourth, ...more] = pathname.split('/').slice(1).map(decodeURIComponent);
  const isGet = request.method === 'GET';
  if (isGet && first === 'targets' && second === undefined) {
    json(
      response,
      200,
      fleet.targets().map((target) => discovered(target, port)),
    );
  } else if (isGet && first === 'pods' && fourth === 'metrics' && more.length === 0) {
    metrics(fleet, second ?? '', third ?? '', request, response);
  } else if (isGet && first === 'nodes' && second === undefined) {
    json(
      response,
      200,
      fleet.agents.map((agent) => ({ name: agent.spec.name, state: agent.state })),
    );
  } else if (request.method === 'POST' && first === 'nodes' && fourth === undefined) {
    strike(fleet, second ?? '', third ?? '', response);
  } else {
    json(response, 404, { error: `there is no ${request.method} ${pathname}` });
  }
}

/** One entry of the HTTP service discovery. */
function discovered({ labels }: Target, port: number): unknown {
  const { namespace, pod } = labels;
  return {
    targets: [`127.0.0.1:${port}`],
    labels: { ...labels, __metrics_path__: `/pods/${namespace}/${pod}/metrics` },
  };
}

/** A pod that can't be reached answers like one: not at all. */
function metrics(
  fleet: FleetAgent,
  namespace: string,
  pod: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const target = fleet
    .targets()
    .find(({ labels }) => labels['namespace'] === namespace && labels['pod'] === pod);
  const page = target?.scrape();
  if (page === undefined) {
    request.socket.destroy();
    return;
  }
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(page);
}

function strike(fleet: FleetAgent, name: string, fault: string, response: ServerResponse): void {
  const apply = FAULTS[fault];
  if (!fleet.has(name)) {
    json(response, 404, { error: `the fleet has no node ${name}; GET /nodes lists them` });
  } else if (apply === undefined) {
    json(response, 404, { error: `there is no fault ${fault}; there are ${FAULT_NAMES.join(', ')}` });
  } else {
    const node = fleet.node(name);
    apply(node);
    json(response, 200, { name, state: node.state });
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
