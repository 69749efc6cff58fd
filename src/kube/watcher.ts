import type { KubeObject } from '../api/object-meta.ts';
import { type Backoff, backoffDelay } from '../controller/backoff.ts';
import type { Clock } from '../controller/clock.ts';
import type { KubeClient } from './client.ts';
import { ApiError, errorOfConnection } from './errors.ts';
import type { Resource } from './resource.ts';
import type { WatchRecord } from './watch-health.ts';
import { START, step, type Transition, type WatcherEvent, type WatcherState } from './watcher-state.ts';

export type { WatcherEvent } from './watcher-state.ts';

export interface WatchFailure {
  readonly resource: Resource;
  /** Where the watcher goes on. */
  readonly next: WatcherState['phase'];
  readonly failures: number;
  readonly delayMs: number;
  readonly error: ApiError | undefined;
}

export interface WatcherOptions {
  readonly client: Pick<KubeClient, 'list' | 'watch'>;
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly clock: Clock;
  /** Numbers in [0, 1): the jitter of backoffs and the length of watches. */
  readonly random: () => number;
  /** Objects a page. */
  readonly pageSize?: number;
  /** Lists anew this often, in case an event was ever lost; never unless given. */
  readonly resyncMs?: number;
  readonly onFailure?: (failure: WatchFailure) => void;
  /** Told of answers and failures, for /readyz. */
  readonly record?: WatchRecord;
  /** A handler threw; the watcher goes on with the next event. */
  readonly onHandlerError?: (error: unknown, event: WatcherEvent) => void;
}

const BACKOFF: Backoff = { baseMs: 500, maxMs: 30_000, jitter: 0.5 };
const PAGE_SIZE = 500;
/** Between 5 and 10 minutes, so that the watches of many operators do not end together. */
const MIN_WATCH_S = 300;
/** A stream still open so long after its agreed end is dead, however quiet a healthy one may be. */
const GRACE_S = 30;

/**
 * Keeps `handle` told of every object of a collection until the signal is aborted; then the promise resolves,
 * with nothing left open. It never gives up: every failure is reported, waited out and followed by the state
 * that `step` names. Lists ask for the newest state (no resourceVersion), so that a relist answered by another
 * API server cannot take the view back in time.
 */
export async function runWatcher(
  options: WatcherOptions,
  handle: (event: WatcherEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  await new Watcher(options, handle, signal).run();
}

class Watcher {
  readonly #options: WatcherOptions;
  readonly #handle: (event: WatcherEvent) => void;
  readonly #signal: AbortSignal;
  #state: WatcherState = START;
  #listedAt = 0;

  constructor(options: WatcherOptions, handle: (event: WatcherEvent) => void, signal: AbortSignal) {
    this.#options = options;
    this.#handle = handle;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    try {
      while (!this.#signal.aborted) {
        const failure = await this.#next();
        if (failure !== undefined) await this.#pause(failure);
      }
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    }
  }

  async #next(): Promise<Transition['failure']> {
    switch (this.#state.phase) {
      case 'Empty':
        // Before the request: what is written from here on may be missing in its answer.
        this.#deliver([{ type: 'init' }]);
        this.#listedAt = this.#options.clock.now();
        return this.#list(undefined);
      case 'InitPage':
        return this.#list(this.#state.continue);
      case 'InitListed':
      case 'Watching':
        return this.#watch(this.#state.resourceVersion);
    }
  }

  async #list(token: string | undefined): Promise<Transition['failure']> {
    const { client, resource, namespace, labelSelector, fieldSelector, pageSize } = this.#options;
    const limit = pageSize ?? PAGE_SIZE;
    const signal = this.#signal;
    const query = { namespace, labelSelector, fieldSelector, limit, continue: token, signal };
    try {
      const page = await client.list<KubeObject>(resource, query);
      signal.throwIfAborted();
      this.#options.record?.answered(this.#options.clock.now());
      return this.#take(step(this.#state, { type: 'page', page }));
    } catch (error) {
      return this.#fail(error, 0);
    }
  }

  async #watch(resourceVersion: string): Promise<Transition['failure']> {
    const { client, resource, namespace, labelSelector, fieldSelector, clock, record } = this.#options;
    const openedAt = clock.now();
    const timeoutSeconds = this.#watchSeconds(openedAt);
    const done = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#deadline(timeoutSeconds, done.signal)]);
    const onOpen = (): void => record?.opened(clock.now());
    const query = {
      namespace,
      labelSelector,
      fieldSelector,
      resourceVersion,
      timeoutSeconds,
      signal,
      onOpen,
    };
    try {
      for await (const event of client.watch(resource, query)) {
        this.#signal.throwIfAborted();
        if (event.type !== 'ERROR') record?.answered(clock.now());
        const failure = this.#take(step(this.#state, { type: 'event', event }));
        if (failure !== undefined) return failure;
      }
      const openMs = clock.now() - openedAt;
      return this.#take(step(this.#state, { type: 'ended', openMs, resyncDue: this.#resyncIn() <= 0 }));
    } catch (error) {
      return this.#fail(error, clock.now() - openedAt);
    } finally {
      done.abort();
      record?.closed(clock.now());
    }
  }

  #watchSeconds(now: number): number {
    const { random, resyncMs } = this.#options;
    const seconds = MIN_WATCH_S + Math.floor(random() * MIN_WATCH_S);
    return resyncMs === undefined
      ? seconds
      : Math.max(1, Math.min(seconds, Math.ceil(this.#resyncIn(now) / 1000)));
  }

  #resyncIn(now = this.#options.clock.now()): number {
    return this.#listedAt + (this.#options.resyncMs ?? Infinity) - now;
  }

  #deadline(timeoutSeconds: number, done: AbortSignal): AbortSignal {
    const controller = new AbortController();
    const seconds = timeoutSeconds + GRACE_S;
    const silence = new Error(`the stream did not end within ${seconds} s`);
    this.#options.clock.sleep(seconds * 1000, done).then(
      () =>
        controller.abort(
          errorOfConnection(`watch ${this.#options.resource.plural}`, silence, 'SilentStream'),
        ),
      () => {},
    );
    return controller.signal;
  }

  #take(transition: Transition): Transition['failure'] {
    this.#state = transition.state;
    this.#deliver(transition.emit);
    return transition.failure;
  }

  #fail(error: unknown, openMs: number): Transition['failure'] {
    this.#signal.throwIfAborted();
    const known =
      error instanceof ApiError ? error : errorOfConnection(`watch ${this.#options.resource.plural}`, error);
    return this.#take(step(this.#state, { type: 'failed', error: known, openMs }));
  }

  #deliver(events: readonly WatcherEvent[]): void {
    for (const event of events) {
      try {
        this.#handle(event);
      } catch (error) {
        this.#options.onHandlerError?.(error, event);
      }
    }
  }

  async #pause(failure: NonNullable<Transition['failure']>): Promise<void> {
    const { clock, random, resource, onFailure, record } = this.#options;
    const { phase: next, failures } = this.#state;
    const error = failure === 'ShortWatch' ? undefined : failure;
    const delayMs = Math.max(backoffDelay(BACKOFF, failures, random), error?.retryAfterMs ?? 0);
    record?.failed(error?.message ?? 'the server ended the stream at once');
    onFailure?.({ resource, next, failures, delayMs, error });
    await clock.sleep(delayMs, this.#signal);
  }
}
