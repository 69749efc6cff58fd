import type { KubeObject } from '../../api/object-meta.ts';
import type { Clock } from '../../controller/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Resource } from '../../kube/resource.ts';

export interface FeedHandlers<T> {
  set(object: T): void;
  gone(object: T): void;
}

export interface FeedOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly fieldSelector?: string;
  readonly labelSelector?: string | undefined;
  readonly namespace?: string | undefined;
}

/** How long a feed waits after an API server that does not answer. */
const RETRY_MS = 1_000;

/**
 * All objects of one kind, kept in step: lists, watches from there, and lists again when the watch is lost.
 * `ready` resolves after the first list; `done` when the signal ends the feed.
 */
export function feed<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  handlers: FeedHandlers<T>,
  options: FeedOptions,
): { readonly ready: Promise<void>; readonly done: Promise<void> } {
  const listed = Promise.withResolvers<void>();
  const known = new Map<string, T>();
  const { clock, signal, ...selection } = options;

  const set = (object: T): void => {
    known.set(keyOf(object), object);
    handlers.set(object);
  };
  const drop = (key: string, object: T): void => {
    known.delete(key);
    handlers.gone(object);
  };

  const list = async (): Promise<string> => {
    const seen = new Set<string>();
    let token: string | undefined;
    let version: string;
    do {
      const page = await client.list<T>(resource, { ...selection, limit: 500, continue: token, signal });
      for (const object of page.items) {
        seen.add(keyOf(object));
        set(object);
      }
      version = page.resourceVersion;
      token = page.continue;
    } while (token !== undefined);
    for (const [key, object] of known) if (!seen.has(key)) drop(key, object);
    return version;
  };

  const run = async (): Promise<void> => {
    let version: string | undefined;
    while (!signal.aborted) {
      try {
        version ??= await list();
        listed.resolve();
        for await (const event of client.watch(resource, {
          ...selection,
          resourceVersion: version,
          signal,
        })) {
          if (event.type === 'ERROR') {
            version = undefined;
            break;
          }
          version = event.object.metadata.resourceVersion ?? version;
          if (event.type === 'BOOKMARK') continue;
          const object = event.object as T;
          if (event.type === 'DELETED') drop(keyOf(object), object);
          else set(object);
        }
      } catch {
        if (signal.aborted) break;
        version = undefined;
        await clock.sleep(RETRY_MS, signal).catch(() => {});
      }
    }
    listed.resolve();
  };
  return { done: run(), ready: listed.promise };
}

function keyOf(object: KubeObject): string {
  return object.metadata.uid ?? `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
