import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';

/** One request as it came in, and the way to answer it as badly as a test wants. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly httpVersion: string;
  readonly body: string;
  readonly response: ServerResponse;
  readonly socket: Socket;
  json(value: unknown, status?: number, headers?: Record<string, string>): void;
  /** A Status as API servers send it. */
  status(code: number, reason: string, headers?: Record<string, string>): void;
  /** Writes pieces of a stream that stays open. */
  write(...pieces: readonly (string | Uint8Array)[]): void;
}

export interface HostileServer {
  readonly url: string;
  readonly requests: readonly Exchange[];
  /** Connections ever accepted. */
  readonly accepted: number;
  /** Connections open now. */
  readonly open: number;
  close(): Promise<void>;
}

export type Certificate = 'test-only-one' | 'test-only-two';

/** Answers every request with `handle`; over TLS, offering HTTP/2 as well, where a certificate is named. */
export async function startServer(
  handle: (exchange: Exchange) => void,
  certificate?: Certificate,
): Promise<HostileServer> {
  const requests: Exchange[] = [];
  const sockets = new Set<Socket>();
  let accepted = 0;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const exchange = exchangeOf(request, response, Buffer.concat(chunks).toString());
      requests.push(exchange);
      handle(exchange);
    });
  };
  const server =
    certificate === undefined
      ? createServer(listener)
      : createSecureServer(
          { cert: pem(certificate, 'crt'), key: pem(certificate, 'key'), allowHTTP1: true },
          listener as unknown as (request: Http2ServerRequest, response: Http2ServerResponse) => void,
        );
  server.on(certificate === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    get accepted() {
      return accepted;
    },
    get open() {
      return sockets.size;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

export function pem(certificate: Certificate, part: 'crt' | 'key'): string {
  return readFileSync(join(import.meta.dirname, 'fixtures', `${certificate}.${part}`), 'utf8');
}

function exchangeOf(request: IncomingMessage, response: ServerResponse, body: string): Exchange {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const json = (value: unknown, status = 200, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    httpVersion: request.httpVersion,
    body,
    response,
    socket: request.socket,
    json,
    status: (code, reason, headers) =>
      json(
        { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: `said ${reason}` },
        code,
        headers,
      ),
    write: (...pieces) => {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json' });
      for (const piece of pieces) response.write(piece);
    },
  };
}
