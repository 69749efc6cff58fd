import { apiVersion } from '../../kube/resource.ts';
import { badRequest, tooOld } from './api-status.ts';
import { positiveInteger, type Query } from './list.ts';
import type { ObjectStore } from './object-store.ts';
import { checkFieldSelector, parseSelector, type Selector } from './selector.ts';
import { type Change, Stored } from './stored.ts';
import type { Target } from './target.ts';
import { WatchStream } from './watch-stream.ts';

const BOOKMARK_MS = 60_000;
/** The real server draws between half an hour and an hour where the client asks for nothing. */
const DEFAULT_TIMEOUT_MS = 45 * 60_000;

/** Opens a watch: what was missed since the resourceVersion, then what comes. */
export function openWatch(
  store: ObjectStore,
  target: Target,
  query: Query,
  signal: AbortSignal | undefined,
  register: (stream: WatchStream) => () => void,
): WatchStream {
  const { kind } = target;
  checkFieldSelector(kind.resource.plural, query['fieldSelector']);
  const selector = parseSelector(query['labelSelector'], query['fieldSelector']);
  const collection = store.collection(kind);
  const closed = new AbortController();
  const stream = new WatchStream(() => closed.abort());
  const onClose = (run: () => void): void => closed.signal.addEventListener('abort', run, { once: true });
  onClose(register(stream));

  const receive = (change: Change): void => {
    const line = lineFor(change, target.namespace, selector);
    if (line !== undefined) stream.write(line);
  };
  const backlog = backlogFor(store, target, query, selector);
  if ('error' in backlog) {
    stream.write(`{"type":"ERROR","object":${JSON.stringify(backlog.error.body())}}`);
    stream.end();
    return stream;
  }
  for (const line of backlog.lines) stream.write(line);
  for (const change of backlog.changes) receive(change);
  onClose(collection.watchers.add({ namespace: target.namespace, selector, receive }));

  const onAbort = (): void => stream.break(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  onClose(() => signal?.removeEventListener('abort', onAbort));
  if (signal?.aborted === true) onAbort();

  const bookmarks = query['allowWatchBookmarks'] === 'true' || query['allowWatchBookmarks'] === '1';
  const timeoutMs = (positiveInteger(query['timeoutSeconds'], 'timeoutSeconds') ?? 0) * 1_000;
  void keepOpen(store, target, stream, bookmarks, timeoutMs || DEFAULT_TIMEOUT_MS, closed.signal);
  return stream;
}

/** Bookmarks each minute, then the end of the stream. */
async function keepOpen(
  store: ObjectStore,
  target: Target,
  stream: WatchStream,
  bookmarks: boolean,
  timeoutMs: number,
  closed: AbortSignal,
): Promise<void> {
  const end = store.clock.now() + timeoutMs;
  try {
    const lastBookmark = bookmarks ? end - BOOKMARK_MS : -Infinity;
    while (store.clock.now() < lastBookmark) {
      await store.clock.sleep(BOOKMARK_MS, closed);
      stream.write(bookmark(store, target));
    }
    await store.clock.sleep(end - store.clock.now(), closed);
    if (bookmarks) stream.write(bookmark(store, target));
    stream.end();
  } catch {
    // The stream was closed first: there is nothing left to keep open.
  }
}

type Backlog =
  | { readonly lines: readonly string[]; readonly changes: readonly Change[] }
  | { readonly error: ReturnType<typeof tooOld> };

function backlogFor(store: ObjectStore, target: Target, query: Query, selector: Selector): Backlog {
  const collection = store.collection(target.kind);
  const asked = query['resourceVersion'] ?? '';
  if (!/^\d*$/.test(asked)) throw badRequest(`Invalid value: "${asked}": resourceVersion must be a number`);
  const initial = query['sendInitialEvents'] === 'true';
  if (!initial && asked !== '' && asked !== '0') {
    const changes = collection.since(Number(asked));
    return changes ? { lines: [], changes } : { error: tooOld(Number(asked), collection.oldest) };
  }
  // Without a starting point the stream begins with what exists.
  const found = collection.list(target.namespace, (object) => selector.matches(object));
  const lines = found.map((stored) => eventLine('ADDED', stored));
  if (initial) lines.push(bookmark(store, target, { 'k8s.io/initial-events-end': 'true' }));
  return { lines, changes: [] };
}

/** An object that begins to match a selector is ADDED to that watcher, one that ceases to is DELETED. */
function lineFor(change: Change, namespace: string | undefined, selector: Selector): string | undefined {
  const { stored, previous, type, revision } = change;
  if (namespace !== undefined && stored.object.metadata.namespace !== namespace) return undefined;
  const matched = previous !== undefined && selector.matches(previous.object);
  const matches = type !== 'DELETED' && selector.matches(stored.object);
  if (matches) return eventLine(matched ? 'MODIFIED' : 'ADDED', stored);
  if (!matched) return undefined;
  if (type === 'DELETED') return eventLine('DELETED', stored);
  // The watcher gets the last version that matched, at the revision at which it ceased to.
  const metadata = { ...previous.object.metadata, resourceVersion: String(revision) };
  return eventLine('DELETED', new Stored({ ...previous.object, metadata }, revision, []));
}

function eventLine(type: string, stored: Stored): string {
  return `{"type":"${type}","object":${stored.json}}`;
}

function bookmark(store: ObjectStore, { kind }: Target, annotations?: Record<string, string>): string {
  const object = {
    kind: kind.resource.kind,
    apiVersion: apiVersion(kind.resource),
    metadata: {
      resourceVersion: String(store.revision),
      creationTimestamp: null,
      ...(annotations && { annotations }),
    },
  };
  return `{"type":"BOOKMARK","object":${JSON.stringify(object)}}`;
}
