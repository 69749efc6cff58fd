import { type Backoff, backoffDelay } from '../controller/backoff.ts';
import type { Clock } from '../controller/clock.ts';
import { ApiError, errorOfConnection, errorOfResponse } from './errors.ts';
import type { Resource } from './resource.ts';
import type { ApiRequest, ApiResponse, Transport } from './transport.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** One exchange that took place, for metrics and for proving that an idle operator is silent. */
export interface RequestRecord {
  readonly verb: Verb;
  /** The plural, with its subresource: `pods`, `edgemodels/status`. */
  readonly resource: string;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly dryRun: boolean;
  /** Until the whole answer was read; for a watch, until the stream opened. */
  readonly durationMs: number;
}

export interface ExchangeOptions {
  readonly clock: Clock;
  /** Numbers in [0, 1) for jitter. */
  readonly random: () => number;
  readonly onRequest: (record: RequestRecord) => void;
}

export interface Call {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  readonly request: ApiRequest;
}

interface DatedAnswer {
  readonly json: unknown;
  readonly answeredAt: number | undefined;
}

const RETRY: Backoff = { baseMs: 200, maxMs: 5_000, jitter: 0.5 };
const MAX_ATTEMPTS = 4;
/** A longer Retry-After is the caller's to honour: nobody should sit in one call for minutes. */
const MAX_RETRY_AFTER_MS = 30_000;

/**
 * Sends calls, repeats those that are safe to repeat, and turns every failure into an ApiError. Safe are: any
 * call that the server throttled or whose credentials it did not take, because it did nothing, and reads that
 * failed on the way. A write whose outcome is unknown is never repeated here: its author decides, after
 * reading again.
 */
export class Exchange {
  readonly #transport: Transport;
  readonly #options: ExchangeOptions;

  constructor(transport: Transport, options: ExchangeOptions) {
    this.#transport = transport;
    this.#options = options;
  }

  /** The answer's JSON. Errors: ApiError; the signal's reason when aborted. */
  async json(call: Call): Promise<unknown> {
    return (await this.dated(call)).json;
  }

  /** With the time at which it was answered, by the server's clock, ms; undefined where the server does not say. */
  async dated(call: Call): Promise<DatedAnswer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(call);
      } catch (error) {
        if (!(error instanceof ApiError) || attempt === MAX_ATTEMPTS) throw error;
        const delay = this.#retryDelay(call, error, attempt);
        if (delay === undefined) throw error;
        await this.#options.clock.sleep(delay, call.request.signal);
      }
    }
  }

  /** Opens a stream. No retries: the watcher decides what comes after a failure. */
  async open(call: Call): Promise<ApiResponse> {
    const startedAt = this.#options.clock.now();
    const response = await this.#send(call, startedAt);
    this.#record(call, response.status, startedAt);
    if (!isSuccess(response.status)) throw await errorOfResponse(describeCall(call), response);
    return response;
  }

  async #once(call: Call): Promise<DatedAnswer> {
    const startedAt = this.#options.clock.now();
    const response = await this.#send(call, startedAt);
    if (!isSuccess(response.status)) {
      const error = await errorOfResponse(describeCall(call), response);
      call.request.signal?.throwIfAborted();
      this.#record(call, response.status, startedAt);
      throw error;
    }
    let text: string;
    try {
      text = await response.text();
    } catch (error) {
      throw this.#failure(call, error, startedAt);
    }
    this.#record(call, response.status, startedAt);
    try {
      const answeredAt = Date.parse(response.headers['date'] ?? '');
      return { json: JSON.parse(text), answeredAt: Number.isNaN(answeredAt) ? undefined : answeredAt };
    } catch (error) {
      throw errorOfConnection(describeCall(call), error, 'BadAnswer');
    }
  }

  async #send(call: Call, startedAt: number): Promise<ApiResponse> {
    call.request.signal?.throwIfAborted();
    try {
      return await this.#transport.send(call.request);
    } catch (error) {
      throw this.#failure(call, error, startedAt);
    }
  }

  #failure(call: Call, error: unknown, startedAt: number): unknown {
    this.#record(call, 0, startedAt);
    const signal = call.request.signal;
    return signal?.aborted ? signal.reason : errorOfConnection(describeCall(call), error);
  }

  #retryDelay(call: Call, error: ApiError, attempt: number): number | undefined {
    // Also did nothing, and the transport reads rotated credentials anew: worth one more try.
    if (error.code === 'unauthorized') return attempt === 1 ? 0 : undefined;
    const isRead = call.verb === 'get' || call.verb === 'list';
    const repeatable = error.code === 'throttled' || (isRead && error.code === 'transient');
    if (!repeatable || (error.retryAfterMs ?? 0) > MAX_RETRY_AFTER_MS) return undefined;
    return Math.max(error.retryAfterMs ?? 0, backoffDelay(RETRY, attempt, this.#options.random));
  }

  #record(call: Call, status: number, startedAt: number): void {
    this.#options.onRequest({
      verb: call.verb,
      resource: call.subresource ? `${call.resource.plural}/${call.subresource}` : call.resource.plural,
      status,
      dryRun: call.request.query?.['dryRun'] !== undefined,
      durationMs: this.#options.clock.now() - startedAt,
    });
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** `get pods vision/a`, the beginning of every error message. */
export function describeCall(call: Call): string {
  const { resource, namespace, name } = call;
  const plural = call.subresource ? `${resource.plural}/${call.subresource}` : resource.plural;
  const object = [namespace, name].filter((part) => part !== undefined).join('/');
  return object === '' ? `${call.verb} ${plural}` : `${call.verb} ${plural} ${object}`;
}
