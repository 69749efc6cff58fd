import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GuardedPrometheus {
  readonly address: string;
  /** Queries that came with the token. */
  readonly answered: number;
  /** Those that came without. */
  readonly turnedAway: number;
  close(): Promise<void>;
}

/** The real Prometheus behind a proxy that wants a bearer token, as it is run where it is shared. */
export async function guardPrometheus(prometheus: string, token: string): Promise<GuardedPrometheus> {
  const seen = { answered: 0, turnedAway: 0 };
  const server = createServer((request, response) => {
    if (request.headers.authorization !== `Bearer ${token}`) {
      seen.turnedAway += 1;
      response.writeHead(401).end('who are you?');
      return;
    }
    seen.answered += 1;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      const type = request.headers['content-type'];
      fetch(prometheus + (request.url ?? '/'), {
        method: request.method ?? 'GET',
        headers: type === undefined ? {} : { 'content-type': type },
        ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
      })
        .then(async (reply) => response.writeHead(reply.status).end(await reply.text()))
        .catch((error: unknown) => response.writeHead(502).end(String(error)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get answered() {
      return seen.answered;
    },
    get turnedAway() {
      return seen.turnedAway;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
