import type { Clock } from '../../controller/clock.ts';
import type { ApiRequest, ApiResponse, Transport } from '../../kube/transport.ts';
import { ApiStatus, badRequest, methodNotAllowed, notFound } from './api-status.ts';
import { bindPod } from './binding.ts';
import { ClusterDefaults } from './cluster-defaults.ts';
import { deleteObject, parseDeleteOptions } from './delete.ts';
import { GarbageCollector } from './garbage-collector.ts';
import type { Fault, Interceptor } from './interceptor.ts';
import { allKinds } from './kinds.ts';
import { Lists, type Query } from './list.ts';
import { withManagedFields } from './managed-fields.ts';
import { NamespaceController } from './namespace-controller.ts';
import { ObjectStore } from './object-store.ts';
import { patchObject } from './patch.ts';
import { QuotaController } from './quota-controller.ts';
import { jsonResponse, refusal, streamResponse } from './response.ts';
import { parseTarget, type Target } from './target.ts';
import { openWatch } from './watch.ts';
import type { WatchStream } from './watch-stream.ts';
import { createObject, replaceObject, type WriteOptions } from './write.ts';

export interface ApiServerOptions {
  /** How many changes of each kind a watch can go back over; an older resourceVersion answers 410. */
  readonly historyLimit?: number;
  /** Of the uids and generated names. */
  readonly seed?: number;
}

const BOUND = JSON.stringify({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  code: 201,
});

/**
 * A kube-apiserver v1.37 in the process, as far as Outrigger and its simulated kubelets use one; the conformance
 * suite under test/ holds each behaviour to the real server. With it come the controllers that act on every
 * cluster: the garbage collector, and what fills and empties namespaces.
 */
export class ApiServer implements Transport {
  readonly #store: ObjectStore;
  readonly #lists = new Lists();
  readonly #streams = new Set<WatchStream>();
  readonly #interceptors = new Set<Interceptor>();

  constructor(clock: Clock, options: ApiServerOptions = {}) {
    const { historyLimit = 10_000, seed = 1 } = options;
    this.#store = new ObjectStore(clock, allKinds(), { historyLimit, seed });
    void new GarbageCollector(this.#store);
    void new NamespaceController(this.#store);
    void new QuotaController(this.#store);
    new ClusterDefaults(this.#store).create();
  }

  async send(request: ApiRequest): Promise<ApiResponse> {
    request.signal?.throwIfAborted();
    for (const { before } of this.#interceptors) {
      const fault = (await before?.(request)) ?? 'pass';
      if (fault !== 'pass') return answerOf(fault);
    }
    request.signal?.throwIfAborted();
    const response = this.#dated(this.#handle(request));
    for (const { after } of this.#interceptors) {
      const fault = (await after?.(request, response)) ?? 'pass';
      if (fault !== 'pass') return answerOf(fault);
    }
    return response;
  }

  close(): Promise<void> {
    this.breakWatches(new Error('the API server was closed'));
    return Promise.resolve();
  }

  /** Lets faults in, until the returned function is called. */
  intercept(interceptor: Interceptor): () => void {
    this.#interceptors.add(interceptor);
    return () => this.#interceptors.delete(interceptor);
  }

  /** Forgets the history: half-read lists and watches that begin before now answer 410. */
  compact(): void {
    this.#store.compact();
    this.#lists.compact();
  }

  /** Cuts all open watches, as a restart of the server does. */
  breakWatches(error: Error): void {
    for (const stream of this.#streams) stream.break(error);
  }

  /** Of the newest write, as a number. */
  get revision(): number {
    return this.#store.revision;
  }

  #handle(request: ApiRequest): ApiResponse {
    try {
      if (bindPod(this.#store, request)) return jsonResponse(201, () => BOUND);
      return this.#route(request, parseTarget(request, this.#store.kinds), request.query ?? {});
    } catch (error) {
      if (error instanceof ApiStatus) return refusal(error);
      throw error;
    }
  }

  /** As Go's server does it with every answer. */
  #dated(response: ApiResponse): ApiResponse {
    const date = new Date(this.#store.clock.now()).toUTCString();
    return { ...response, headers: { ...response.headers, date } };
  }

  #route(request: ApiRequest, target: Target, query: Query): ApiResponse {
    const { name } = target;
    switch (request.method) {
      case 'GET':
        if (name !== undefined) return this.#get(target, name);
        return isTrue(query['watch']) ? this.#watch(request, target, query) : this.#list(target, query);
      case 'POST': {
        if (name !== undefined) throw methodNotAllowed();
        if (target.kind.resource.namespaced && target.namespace === undefined) {
          throw badRequest('an empty namespace may not be set during creation');
        }
        const stored = createObject(this.#store, target, request.body, writeOptions(request, target, query));
        return jsonResponse(201, () => stored.json);
      }
      case 'PUT': {
        if (name === undefined) throw methodNotAllowed();
        const stored = replaceObject(
          this.#store,
          target,
          name,
          request.body,
          writeOptions(request, target, query),
        );
        return jsonResponse(200, () => stored.json);
      }
      case 'PATCH':
        if (name === undefined) throw methodNotAllowed();
        return this.#patch(request, target, name, query);
      case 'DELETE':
        if (name === undefined || target.subresource !== undefined) throw methodNotAllowed();
        return this.#delete(request, target, name, query);
    }
  }

  #get({ kind, namespace }: Target, name: string): ApiResponse {
    const stored = this.#store.collection(kind).get(namespace, name);
    if (!stored) throw notFound(kind.resource, name);
    return jsonResponse(200, () => withManagedFields(stored));
  }

  #list(target: Target, query: Query): ApiResponse {
    return jsonResponse(200, this.#lists.answer(this.#store, target, query));
  }

  #watch(request: ApiRequest, target: Target, query: Query): ApiResponse {
    const register = (stream: WatchStream): (() => void) => {
      this.#streams.add(stream);
      return () => this.#streams.delete(stream);
    };
    return streamResponse(openWatch(this.#store, target, query, request.signal, register));
  }

  #patch(request: ApiRequest, target: Target, name: string, query: Query): ApiResponse {
    const existed = this.#store.collection(target.kind).get(target.namespace, name) !== undefined;
    const patch = {
      contentType: request.contentType ?? 'application/json',
      body: request.body,
      force: isTrue(query['force']),
      fieldManager: query['fieldManager'],
    };
    const stored = patchObject(this.#store, target, name, patch, writeOptions(request, target, query));
    return jsonResponse(existed ? 200 : 201, () => stored.json);
  }

  #delete(request: ApiRequest, target: Target, name: string, query: Query): ApiResponse {
    const { kind } = target;
    const { stored, isGone } = deleteObject(
      this.#store,
      target,
      name,
      parseDeleteOptions(request.body, query),
    );
    if (!isGone || kind.resource.plural === 'pods') return jsonResponse(200, () => stored.json);
    const { group, plural } = kind.resource;
    const details = { name, ...(group !== '' && { group }), kind: plural, uid: stored.object.metadata.uid };
    const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
    return jsonResponse(200, () => JSON.stringify(body));
  }
}

function writeOptions(request: ApiRequest, { subresource }: Target, query: Query): WriteOptions {
  const isApply = request.contentType === 'application/apply-patch+yaml';
  const manager = query['fieldManager'] ?? 'unknown';
  return {
    writer: { manager, operation: isApply ? 'Apply' : 'Update', subresource },
    dryRun: query['dryRun'] === 'All',
    fieldValidation: query['fieldValidation'],
  };
}

function answerOf(fault: Exclude<Fault, 'pass'>): ApiResponse {
  if ('error' in fault) throw fault.error;
  return refusal(fault.status);
}

function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === '1';
}
