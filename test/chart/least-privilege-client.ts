import { Agent, request } from 'node:https';
import type { ApiReply, RealParts } from '../setup/describe-real.ts';

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Requests to the API server with one token, many at a time over few connections. */
export class TokenClient {
  readonly #url: string;
  readonly #token: string;
  readonly #agent: Agent;

  constructor({ url, ca }: Pick<RealParts, 'url' | 'ca'>, token: string) {
    this.#url = url;
    this.#token = token;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 8, ca });
  }

  /** Any status is an answer; one that is no JSON object is an empty body. */
  send({ method, path, body, contentType, headers }: ApiRequest): Promise<ApiReply> {
    const options = {
      method,
      agent: this.#agent,
      headers: {
        ...headers,
        authorization: `Bearer ${this.#token}`,
        accept: 'application/json',
        'content-type': contentType ?? 'application/json',
      },
    };
    return new Promise((resolve, reject) => {
      const call = request(this.#url + path, options, (reply) => {
        const chunks: Buffer[] = [];
        reply.on('data', (chunk: Buffer) => chunks.push(chunk));
        reply.once('error', reject);
        reply.once('end', () =>
          resolve({ status: reply.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString()) }),
        );
      });
      call.once('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function parsed(text: string): ApiReply['body'] {
  try {
    return JSON.parse(text) as ApiReply['body'];
  } catch {
    return {};
  }
}

/** A token of the ServiceAccount, as TokenRequest gives it. */
export async function tokenOf(real: RealParts, namespace: string, name: string): Promise<string> {
  const reply = await real.call('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 3_600 },
  });
  if (reply.status !== 201) throw new Error(`no token: ${JSON.stringify(reply.body)}`);
  return (reply.body['status'] as { readonly token: string }).token;
}
