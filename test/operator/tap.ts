import type { ApiRequest, ApiResponse, Transport } from '../../src/kube/transport.ts';
import { type Write, writeOf } from './write.ts';

export interface TapOptions {
  readonly operator: string;
  readonly now: () => number;
  /** Sees each write before the API server does. */
  readonly before?: (write: Write) => Promise<void>;
  /** Whether the answer to this request gets lost on its way back. */
  readonly loses?: () => boolean;
}

/** One operator's way to the API server: tells what is written, and ends like a process that was killed. */
export class Tap implements Transport {
  readonly writes: Write[] = [];
  readonly requests: ApiRequest[] = [];
  /** The operator dies right after its write of this number took effect; it never sees the answer. */
  killAfter = Number.POSITIVE_INFINITY;
  readonly #inner: Transport;
  readonly #options: TapOptions;
  readonly #dead = new AbortController();

  constructor(inner: Transport, options: TapOptions) {
    this.#inner = inner;
    this.#options = options;
  }

  get dead(): boolean {
    return this.#dead.signal.aborted;
  }

  /** As SIGKILL does: not another byte leaves. */
  kill(): void {
    this.#dead.abort(new Error('the process was killed'));
  }

  async send(request: ApiRequest): Promise<ApiResponse> {
    const { operator, now, before, loses } = this.#options;
    const dead = this.#dead.signal;
    dead.throwIfAborted();
    const write = writeOf(request, operator, now());
    this.requests.push(request);
    if (write !== undefined && before !== undefined) await before(write);
    dead.throwIfAborted();
    const signal = request.signal === undefined ? dead : AbortSignal.any([request.signal, dead]);
    const response = await this.#inner.send({ ...request, signal });
    if (write !== undefined && response.status < 300) {
      this.writes.push(write);
      if (this.writes.length >= this.killAfter) this.kill();
    }
    dead.throwIfAborted();
    if (loses?.() === true) throw new Error('connection reset');
    return response;
  }

  async close(): Promise<void> {}
}
