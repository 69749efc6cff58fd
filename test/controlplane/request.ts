import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Reply {
  readonly status: number;
  readonly text: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly token?: string;
  /** Beside those that the rest of the options makes. */
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM; without it the server's certificate is not verified (scheduler and controller manager make their own). */
  readonly ca?: string;
  readonly timeoutMs?: number;
}

/**
 * One request on a connection of its own. The harness does not use the project's client: what checks the client
 * must not stand on it.
 */
export function request(url: string, options: RequestOptions = {}): Promise<Reply> {
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  const headers = {
    ...options.headers,
    accept: 'application/json',
    ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
    ...(body !== undefined && {
      'content-type': options.contentType ?? 'application/json',
      'content-length': Buffer.byteLength(body),
    }),
  };
  const settings = {
    method: options.method ?? 'GET',
    headers,
    agent: false,
    timeout: options.timeoutMs ?? 10_000,
  } as const;
  return new Promise((resolve, reject) => {
    const onReply = (reply: IncomingMessage): void => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.once('error', reject);
      reply.once('end', () =>
        resolve({ status: reply.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    };
    const call = url.startsWith('https:')
      ? httpsRequest(
          url,
          { ...settings, ca: options.ca, rejectUnauthorized: options.ca !== undefined },
          onReply,
        )
      : httpRequest(url, settings, onReply);
    call.once('error', reject);
    call.once('timeout', () => call.destroy(new Error(`no answer from ${url} in ${settings.timeout} ms`)));
    call.end(body);
  });
}
