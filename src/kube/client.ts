import type { KubeObject } from '../api/object-meta.ts';
import type { Clock } from '../controller/clock.ts';
import { type ApiError, errorOfConnection, isApiError } from './errors.ts';
import { type Call, describeCall, Exchange, type RequestRecord } from './exchange.ts';
import { apiVersion, type Resource, resourcePath } from './resource.ts';
import type { Transport } from './transport.ts';
import { parseWatchEvent, type WatchEvent, withoutManagedFields } from './watch-event.ts';

export type { RequestRecord } from './exchange.ts';
export type { WatchEvent } from './watch-event.ts';

export interface ClientOptions {
  /** Who owns the fields that this client applies. */
  readonly fieldManager: string;
  readonly clock: Clock;
  /** Numbers in [0, 1) for the jitter of retries; Math.random unless a simulation seeds it. */
  readonly random?: () => number;
  /** Told of every exchange, repeated ones too. */
  readonly onRequest?: (record: RequestRecord) => void;
}

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Objects a page; 500 in listAll. */
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Page<T> {
  readonly items: T[];
  readonly resourceVersion: string;
  readonly continue?: string;
}

export interface CreateOptions {
  readonly signal?: AbortSignal;
  readonly dryRun?: boolean;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

export interface WriteOptions {
  readonly signal?: AbortSignal;
  readonly subresource?: 'status';
}

export interface ApplyOptions extends WriteOptions {
  /** Takes fields over from other managers, as controllers should: true unless said otherwise. */
  readonly force?: boolean;
}

export interface DeleteOptions {
  readonly signal?: AbortSignal;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
}

export interface WatchOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly resourceVersion: string;
  /** The server ends the stream after this time. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal: AbortSignal;
  /** The server took the request: from here on the stream carries what happens, or nothing where nothing does. */
  readonly onOpen?: () => void;
}

const PAGE_SIZE = 500;
/** A list whose continue token expires starts again; a server that always expires them must not hold us. */
const MAX_LIST_RESTARTS = 3;

/**
 * The API server's verbs over any transport. Every failure is an ApiError, except an abort, which rejects with
 * the signal's reason.
 */
export class KubeClient {
  readonly #exchange: Exchange;
  readonly #fieldManager: string;

  constructor(transport: Transport, options: ClientOptions) {
    this.#fieldManager = options.fieldManager;
    this.#exchange = new Exchange(transport, {
      clock: options.clock,
      random: options.random ?? Math.random,
      onRequest: options.onRequest ?? (() => {}),
    });
  }

  async get<T extends KubeObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    signal?: AbortSignal,
  ): Promise<T> {
    const path = resourcePath(resource, namespace, name);
    const request = { method: 'GET', path, ...abortedBy(signal) } as const;
    return this.#object<T>({ verb: 'get', resource, namespace, name, request });
  }

  /**
   * With `metadata.managedFields`, which say when each writer last changed its fields, and the time of the answer (ms),
   * both by the server's clock; the latter undefined where the server does not say.
   */
  async getDated<T extends KubeObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    signal?: AbortSignal,
  ): Promise<{ readonly object: T; readonly answeredAt: number | undefined }> {
    const path = resourcePath(resource, namespace, name);
    const request = { method: 'GET', path, ...abortedBy(signal) } as const;
    const call: Call = { verb: 'get', resource, namespace, name, request };
    const { json, answeredAt } = await this.#exchange.dated(call);
    if (!isObject(json)) throw badAnswer(call, 'the answer is not a Kubernetes object');
    return { object: json as T, answeredAt };
  }

  /** One page. Items carry apiVersion and kind, which the server leaves out of lists. */
  async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<Page<T>> {
    const { namespace, signal } = options;
    const query = {
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      limit: options.limit?.toString(),
      continue: options.continue,
      // A continue token carries its own version, and the server refuses both together.
      resourceVersion: options.continue ? undefined : options.resourceVersion,
    };
    const path = resourcePath(resource, namespace);
    const request = { method: 'GET', path, query, ...abortedBy(signal) } as const;
    const call: Call = { verb: 'list', resource, namespace, request };
    return pageOf<T>(call, await this.#exchange.json(call));
  }

  /** All pages of one consistent list; begun again where the server forgets its place. */
  async listAll<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<T[]> {
    for (let restarts = 0; ; restarts++) {
      try {
        return await this.#pages<T>(resource, { limit: PAGE_SIZE, ...options });
      } catch (error) {
        if (!isApiError(error, 'gone') || restarts === MAX_LIST_RESTARTS) throw error;
      }
    }
  }

  async create<T extends KubeObject>(
    resource: Resource,
    namespace: string | undefined,
    body: T,
    options: CreateOptions = {},
  ): Promise<T> {
    const query = {
      fieldManager: this.#fieldManager,
      dryRun: options.dryRun ? 'All' : undefined,
      fieldValidation: options.fieldValidation,
    };
    const path = resourcePath(resource, namespace);
    const request = { method: 'POST', path, query, body, ...abortedBy(options.signal) } as const;
    return this.#object<T>({ verb: 'create', resource, namespace, name: body.metadata.name, request });
  }

  /** Server-side apply: what `body` names becomes so and ours; what an earlier apply named and this one does not, goes. */
  async apply<T extends KubeObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    body: unknown,
    options: ApplyOptions = {},
  ): Promise<T> {
    const query = { fieldManager: this.#fieldManager, force: String(options.force ?? true) };
    return this.#patch<T>(resource, namespace, name, 'application/apply-patch+yaml', body, query, options);
  }

  /** PUT; a conflict where the object's resourceVersion is no longer the newest. */
  async replace<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name } = object.metadata;
    const { subresource, signal } = options;
    const path = resourcePath(resource, namespace, name, subresource);
    const query = { fieldManager: this.#fieldManager };
    const request = { method: 'PUT', path, query, body: object, ...abortedBy(signal) } as const;
    return this.#object<T>({ verb: 'update', resource, namespace, name, subresource, request });
  }

  /** A merge patch (RFC 7396); null removes. With metadata.resourceVersion in it, a precondition. */
  async mergePatch<T extends KubeObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    patch: unknown,
    options: WriteOptions = {},
  ): Promise<T> {
    const query = { fieldManager: this.#fieldManager };
    return this.#patch<T>(resource, namespace, name, 'application/merge-patch+json', patch, query, options);
  }

  /** Errors: notFound when there is nothing; conflict when `uid` or `resourceVersion` name another object. */
  async delete(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    const { uid, resourceVersion, signal, ...rest } = options;
    const preconditions = { uid, resourceVersion };
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, ...rest };
    const path = resourcePath(resource, namespace, name);
    const request = { method: 'DELETE', path, body, ...abortedBy(signal) } as const;
    await this.#exchange.json({ verb: 'delete', resource, namespace, name, request });
  }

  /**
   * The raw stream of one watch with bookmarks, until the server ends it. Leaving the loop closes the stream.
   * Errors: ApiError when it cannot be opened, is cut short or carries something that is no event. What to do
   * then is the business of the watcher.
   */
  async *watch(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent> {
    const { namespace, signal } = options;
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      resourceVersion: options.resourceVersion,
      timeoutSeconds: options.timeoutSeconds?.toString(),
    };
    const request = { method: 'GET', path: resourcePath(resource, namespace), query, signal } as const;
    const response = await this.#exchange.open({ verb: 'watch', resource, namespace, request });
    options.onOpen?.();
    try {
      for await (const line of response.lines()) if (line !== '') yield parseWatchEvent(line);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw errorOfConnection(`watch ${resource.plural}`, error, 'StreamBroken');
    }
  }

  async #pages<T extends KubeObject>(resource: Resource, options: ListOptions): Promise<T[]> {
    const items: T[] = [];
    let token: string | undefined;
    do {
      const page: Page<T> = await this.list<T>(resource, { ...options, continue: token });
      items.push(...page.items);
      token = page.continue;
    } while (token !== undefined);
    return items;
  }

  async #patch<T extends KubeObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    contentType: string,
    body: unknown,
    query: Readonly<Record<string, string>>,
    { subresource, signal }: WriteOptions,
  ): Promise<T> {
    const path = resourcePath(resource, namespace, name, subresource);
    const request = { method: 'PATCH', path, query, contentType, body, ...abortedBy(signal) } as const;
    return this.#object<T>({ verb: 'patch', resource, namespace, name, subresource, request });
  }

  async #object<T extends KubeObject>(call: Call): Promise<T> {
    const answer = await this.#exchange.json(call);
    if (!isObject(answer)) throw badAnswer(call, 'the answer is not a Kubernetes object');
    return withoutManagedFields(answer as T);
  }
}

function abortedBy(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

interface ListBody<T> {
  readonly items: readonly T[] | null;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

function pageOf<T extends KubeObject>(call: Call, answer: unknown): Page<T> {
  if (!isList<T>(answer)) throw badAnswer(call, 'the answer is not a list of Kubernetes objects');
  const type = { apiVersion: apiVersion(call.resource), kind: call.resource.kind };
  const items = (answer.items ?? []).map((item) => withoutManagedFields({ ...type, ...item }));
  const { resourceVersion, continue: token } = answer.metadata;
  return token ? { items, resourceVersion, continue: token } : { items, resourceVersion };
}

function isObject(answer: unknown): boolean {
  return typeof (answer as KubeObject | null)?.metadata?.name === 'string';
}

/** A proxy's `{}` taken for an empty list would look like a fleet that is gone. An empty Go list is null. */
function isList<T>(answer: unknown): answer is ListBody<T> {
  const list = answer as Partial<ListBody<T>> | null;
  const hasItems = list?.items === null || Array.isArray(list?.items);
  return hasItems && Boolean(list?.metadata?.resourceVersion);
}

function badAnswer(call: Call, message: string): ApiError {
  return errorOfConnection(describeCall(call), new Error(message), 'BadAnswer');
}
