import http from 'node:http';
import https from 'node:https';
import type { ExchangeRequest, ExchangeResult, ExchangeTls, HttpExchange } from './http-exchange.ts';

/** Sets of keys and certificates for which connections are kept at the same time. */
const MAX_AGENTS = 32;

export interface NodeExchange {
  readonly exchange: HttpExchange;
  /** Ends the idle connections. */
  close(): void;
}

/** The exchange over the network, with connections that are kept. */
export const nodeExchange = (): NodeExchange => {
  const plain = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const secure = new Map<string, https.Agent>();

  const agentFor = (url: URL, tls: ExchangeTls | undefined): http.Agent => {
    if (url.protocol === 'http:') return plain;
    const id = JSON.stringify(tls ?? {});
    const known = secure.get(id);
    if (known !== undefined) return known;
    const [oldest] = secure;
    if (secure.size >= MAX_AGENTS && oldest !== undefined) {
      secure.delete(oldest[0]);
      oldest[1].destroy();
    }
    const agent = new https.Agent({ keepAlive: true, maxSockets: 8, ...agentTls(tls ?? {}) });
    secure.set(id, agent);
    return agent;
  };

  const exchange: HttpExchange = async (request) => {
    const first = await send(request, agentFor);
    // A kept connection that the server had closed says nothing about the server; queries may be repeated.
    const result = first === 'staleConnection' ? await send(request, agentFor) : first;
    return result === 'staleConnection'
      ? { kind: 'unreachable', message: 'the connection was closed' }
      : result;
  };

  return {
    exchange,
    close: () => {
      plain.destroy();
      for (const agent of secure.values()) agent.destroy();
      secure.clear();
    },
  };
};

const agentTls = (tls: ExchangeTls): https.AgentOptions => ({
  ...(tls.ca === undefined ? {} : { ca: tls.ca }),
  ...(tls.cert === undefined ? {} : { cert: tls.cert }),
  ...(tls.key === undefined ? {} : { key: tls.key }),
  ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
  rejectUnauthorized: tls.insecureSkipVerify !== true,
});

type Sent = ExchangeResult | 'staleConnection';
type AgentFor = (url: URL, tls: ExchangeTls | undefined) => http.Agent;

const send = (request: ExchangeRequest, agentFor: AgentFor): Promise<Sent> =>
  new Promise((resolve) => {
    const deadline = AbortSignal.timeout(Math.max(1, request.timeout));
    const fail = (cause: unknown, sent?: http.ClientRequest): void => {
      if (deadline.aborted)
        resolve({ kind: 'timeout', message: `no answer within ${request.timeout / 1000} s` });
      else if (sent?.reusedSocket === true && codeOf(cause) === 'ECONNRESET') resolve('staleConnection');
      else resolve({ kind: 'unreachable', message: describe(cause) });
    };
    try {
      const url = new URL(request.url);
      const options: https.RequestOptions = {
        method: 'POST',
        agent: agentFor(url, request.tls),
        headers: { ...request.headers, 'content-length': Buffer.byteLength(request.body) },
        signal: deadline,
      };
      const sent = url.protocol === 'https:' ? https.request(url, options) : http.request(url, options);
      sent.on('error', (cause) => fail(cause, sent));
      sent.on('response', (response) => collect(response, request.maxBytes, resolve, fail));
      sent.end(request.body);
    } catch (cause) {
      // A header value or a PEM text that Node refuses.
      fail(cause);
    }
  });

const collect = (
  response: http.IncomingMessage,
  maxBytes: number,
  resolve: (result: ExchangeResult) => void,
  fail: (cause: unknown) => void,
): void => {
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) {
      resolve({ kind: 'tooLarge', message: `the answer is larger than ${maxBytes} bytes` });
      response.destroy();
    } else chunks.push(chunk);
  });
  response.on('error', fail);
  response.on('end', () =>
    resolve({
      kind: 'answer',
      status: response.statusCode ?? 0,
      headers: Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
      ),
      body: Buffer.concat(chunks).toString('utf8'),
    }),
  );
};

const codeOf = (cause: unknown): unknown =>
  typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;

/** Where all addresses of a host fail the error has a list and no message of its own. */
const describe = (cause: unknown): string => {
  if (cause instanceof AggregateError) return cause.errors.map(describe).join('; ');
  return cause instanceof Error && cause.message !== ''
    ? cause.message
    : String(codeOf(cause) ?? 'unknown error');
};
