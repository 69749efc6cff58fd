import type { ApiRequest, ApiResponse, Transport } from '../../src/kube/transport.ts';

/** The way to an API server, which can be cut: open streams end and nothing gets through until it is mended. */
export class Link implements Transport {
  readonly #inner: Transport;
  #cut = new AbortController();
  readonly #swallowed: ((error: Error) => void)[] = [];
  /** Requests for which this holds get no answer, not even an end, until `release`. */
  swallows: (request: ApiRequest) => boolean = () => false;
  /** Requests for which this holds are refused at once. */
  refuses: (request: ApiRequest) => boolean = () => false;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  cut(): void {
    this.#cut.abort(new Error('connect ECONNREFUSED'));
  }

  mend(): void {
    this.#cut = new AbortController();
  }

  release(): void {
    this.swallows = () => false;
    for (const reject of this.#swallowed) reject(new Error('connection reset'));
  }

  async send(request: ApiRequest): Promise<ApiResponse> {
    const { signal: cut } = this.#cut;
    cut.throwIfAborted();
    if (this.refuses(request)) throw new Error('connect ECONNREFUSED');
    if (this.swallows(request)) return new Promise((_, reject) => void this.#swallowed.push(reject));
    const signal = request.signal === undefined ? cut : AbortSignal.any([request.signal, cut]);
    return this.#inner.send({ ...request, signal });
  }

  async close(): Promise<void> {}
}
