import type { KubeConfig, RequestContext } from '@kubernetes/client-node';
import type { Clock } from '../controller/clock.ts';
import { type Dispatcher, DispatcherPool } from './dispatcher-pool.ts';
import { splitLines } from './lines.ts';
import type { ApiRequest, ApiResponse, Transport } from './transport.ts';

export interface HttpsTransportOptions {
  /** Gives the kubeconfig; called again where the server or TLS no longer take the credentials of the last one. */
  readonly load: () => Promise<KubeConfig>;
  readonly clock: Clock;
  /** Until the whole answer is there, or, for a watch, until the stream opens; 30 s unless given. */
  readonly requestTimeoutMs?: number;
}

type Answer = Awaited<ReturnType<Dispatcher['request']>>;

/**
 * HTTPS to the cluster of a kubeconfig over pooled connections. Speaks HTTP/1.1 even where the server offers
 * HTTP/2: there one connection carries everything, and when a link dies without a word all watches and retries
 * hang on it for as long as TCP retransmits; here an aborted request closes its own socket and the next one
 * opens a fresh one. Bodies and tokens are never logged and appear in no error.
 */
export class HttpsTransport implements Transport {
  readonly #options: HttpsTransportOptions;
  readonly #pool = new DispatcherPool();
  readonly #closed = new AbortController();
  #config: Promise<KubeConfig> | undefined;
  /** Requests without an answer yet, and open streams. */
  #underWay = 0;

  constructor(options: HttpsTransportOptions) {
    this.#options = options;
  }

  async send(request: ApiRequest): Promise<ApiResponse> {
    this.#closed.signal.throwIfAborted();
    request.signal?.throwIfAborted();
    const isWatch = request.query?.['watch'] === 'true';
    const done = new AbortController();
    const deadline = this.#deadline(done.signal);
    const signals = [deadline, this.#closed.signal, ...(request.signal ? [request.signal] : [])];
    const signal = AbortSignal.any(signals);
    this.#underWay += 1;
    let isStreaming = false;
    try {
      const answer = await orAborted(this.#exchange(request, signal), signal);
      if (answer.statusCode === 401) this.#config = undefined;
      const headers = headersOf(answer);
      if (isWatch && answer.statusCode < 300) {
        isStreaming = !answer.body.closed;
        answer.body.once('close', () => void (this.#underWay -= 1));
        // Its reader sees the error; without a listener one that comes before the reader would end the process.
        answer.body.on('error', () => {});
        return streamed(answer, headers);
      }
      const body = await answer.body.text();
      return { status: answer.statusCode, headers, text: async () => body, lines: () => linesOf(body) };
    } catch (error) {
      if (isTlsFailure(error)) this.#config = undefined;
      throw signal.aborted ? signal.reason : error;
    } finally {
      done.abort();
      if (!isStreaming) this.#underWay -= 1;
      // What may still be connecting is of use to nobody now.
      if (signal.aborted && this.#underWay === 0) await this.#pool.interrupt();
    }
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error('the connection to the API server was closed by the operator'));
    await this.#pool.close();
  }

  /** Aborted after the request timeout, unless the exchange is done before. */
  #deadline(done: AbortSignal): AbortSignal {
    const { clock, requestTimeoutMs: timeout = 30_000 } = this.#options;
    const controller = new AbortController();
    clock.sleep(timeout, done).then(
      () => controller.abort(new Error(`no answer within ${timeout / 1000} s`)),
      () => {},
    );
    return controller.signal;
  }

  async #exchange(request: ApiRequest, signal: AbortSignal): Promise<Answer> {
    const config = await this.#loadedConfig();
    const context = await contextFor(config, request);
    await config.applySecurityAuthentication(context);
    signal.throwIfAborted();
    const dispatcher = context.getDispatcher();
    if (dispatcher === undefined) throw new Error('the kubeconfig gives no way to connect to the cluster');
    const url = new URL(context.getUrl());
    // undici takes allowH2 for each request, though its types do not say so.
    const options = {
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: request.method,
      headers: trimmed(context.getHeaders()),
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    };
    return dispatcher.request(options);
  }

  #loadedConfig(): Promise<KubeConfig> {
    this.#config ??= this.#load();
    return this.#config;
  }

  async #load(): Promise<KubeConfig> {
    try {
      const config = await this.#options.load();
      this.#pool.attach(config);
      return config;
    } catch (error) {
      // A file in the middle of being replaced must not be the last word.
      this.#config = undefined;
      throw error;
    }
  }
}

/** Token files written by hand end in a newline: the library passes it on, and no header can carry it. */
function trimmed(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.trim()]));
}

/** undici minds the signal of a request only once it has a connection. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function contextFor(config: KubeConfig, request: ApiRequest): Promise<RequestContext> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig names no cluster');
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query.set(name, value);
  }
  const search = query.size === 0 ? '' : `?${query.toString()}`;
  const { RequestContext } = await import('@kubernetes/client-node');
  const context = new RequestContext(`${cluster.server}${request.path}${search}`, request.method);
  context.setHeaderParam('accept', 'application/json');
  context.setHeaderParam('accept-encoding', 'identity');
  context.setHeaderParam('user-agent', 'outrigger');
  if (request.body !== undefined) {
    context.setHeaderParam('content-type', request.contentType ?? 'application/json');
  }
  return context;
}

function headersOf(answer: Answer): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** A stream outlives the deadline of its request; the request's own signal goes on to end it. */
function streamed(answer: Answer, headers: Readonly<Record<string, string>>): ApiResponse {
  return {
    status: answer.statusCode,
    headers,
    text: () => answer.body.text(),
    lines: () => splitLines(answer.body),
  };
}

async function* linesOf(body: string): AsyncGenerator<string> {
  yield* splitLines(oneChunk(body));
}

async function* oneChunk(body: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(body);
}

const TLS_CODE = /^(ERR_SSL|ERR_TLS|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/;

function isTlsFailure(error: unknown): boolean {
  return error instanceof Error && 'code' in error && TLS_CODE.test(String(error.code));
}
