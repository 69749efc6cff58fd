import type { KubeObject } from '../../src/api/object-meta.ts';
import type { KubeClient, WatchEvent, WatchOptions } from '../../src/kube/client.ts';
import { ApiError } from '../../src/kube/errors.ts';
import type { Resource } from '../../src/kube/resource.ts';
import type { Transport } from '../../src/kube/transport.ts';

/**
 * An API server under test: the simulated one or a real one. The same cases run on both, so that nothing the
 * simulation relies on is only believed.
 */
export interface Subject {
  /** A client; each field manager is a writer of its own. */
  client(fieldManager?: string): KubeClient;
  /** For what the client has no method for. */
  readonly transport: Transport;
  /** A namespace of this file's own, with its service account. */
  readonly namespace: string;
  /** Lets time pass: virtual time on the one, real time on the other. */
  pass(ms: number): Promise<void>;
}

export type Give = () => Subject;

/** Any object, with the fields that a case looks at. */
export interface AnyObject extends KubeObject {
  metadata: KubeObject['metadata'] & {
    name: string;
    generateName?: string;
    deletionGracePeriodSeconds?: number;
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  [field: string]: unknown;
}

let names = 0;

/** A name that no other case uses. */
export function fresh(prefix: string): string {
  names += 1;
  return `${prefix}-${names}`;
}

export function configMap(name: string, data: Record<string, string> = {}, metadata: object = {}): AnyObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

/** A pod that no scheduler cares about, so that nobody but the case writes it. */
export function pod(name: string, spec: object = {}, metadata: object = {}): AnyObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: {
      schedulerName: 'nobody',
      containers: [{ name: 'model', image: 'registry.example/server:1' }],
      ...spec,
    },
  };
}

/** A pod on a node, which only a kubelet could take away for good. */
export function boundPod(name: string, metadata: object = {}): AnyObject {
  return pod(name, { nodeName: 'a-node-without-kubelet' }, metadata);
}

/** The refusal of a call; fails where it was not refused. */
export async function refusal(call: Promise<unknown>): Promise<ApiError> {
  const outcome = await call.then(
    () => 'the call was not refused',
    (error: unknown) => error,
  );
  if (outcome instanceof ApiError) return outcome;
  throw outcome instanceof Error ? outcome : new Error(String(outcome));
}

/** Asks until the answer is there: what controllers do takes its time on either server. */
export async function eventually<T>(subject: Subject, ask: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await subject.pass(100);
  }
  throw new Error('what was waited for did not come within 30 s');
}

export async function exists(subject: Subject, resource: Resource, name: string): Promise<boolean> {
  try {
    await subject.client().get(resource, subject.namespace, name);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'notFound') return false;
    throw error;
  }
}

/** True when the object is gone; fails when it stays. */
export async function gone(subject: Subject, resource: Resource, name: string): Promise<true> {
  return eventually(subject, async () => ((await exists(subject, resource, name)) ? undefined : true));
}

export interface Watching {
  /** The next event that is no bookmark. */
  next(): Promise<WatchEvent & { readonly object: AnyObject }>;
  /** All that comes until the server ends the stream. */
  rest(): Promise<WatchEvent[]>;
  stop(reason?: Error): void;
}

/** A watch that is open when this returns. */
export function watching(
  subject: Subject,
  resource: Resource,
  options: Omit<WatchOptions, 'signal' | 'namespace'>,
): Watching {
  const abort = new AbortController();
  const { namespace } = subject;
  const stream = subject.client().watch(resource, { namespace, ...options, signal: abort.signal });
  const events = stream[Symbol.asyncIterator]();
  return {
    async next() {
      for (;;) {
        const { value, done } = await events.next();
        if (done === true) throw new Error('the watch ended');
        const event: WatchEvent = value;
        if (event.type !== 'BOOKMARK') return event as WatchEvent & { readonly object: AnyObject };
      }
    },
    async rest() {
      const all: WatchEvent[] = [];
      for (let step = await events.next(); step.done !== true; step = await events.next())
        all.push(step.value);
      return all;
    },
    stop: (reason) => abort.abort(reason),
  };
}

/** The resourceVersion from which a watch sees what the case does next. */
export async function nowOf(subject: Subject, resource: Resource): Promise<string> {
  return (await subject.client().list(resource, { namespace: subject.namespace })).resourceVersion;
}
