import type { KubeObject, ObjectMeta } from '../api/object-meta.ts';
import { Indices } from './indices.ts';
import { compareResourceVersions } from './resource-version.ts';
import type { WatcherEvent } from './watcher-state.ts';

/** What is kept of an object: its metadata (annotations nobody reads may be left out) and what is needed. */
export interface Stored {
  readonly metadata: ObjectMeta;
}

export type StoreChange<T> =
  | { readonly type: 'added'; readonly new: T }
  | { readonly type: 'updated'; readonly old: T; readonly new: T }
  | { readonly type: 'deleted'; readonly old: T };

export interface StoreOptions<T extends Stored> {
  /** Picks what is kept; memory for a large fleet is decided here. */
  readonly project: (raw: KubeObject) => T;
  /** By name, the values under which an object is found with `indexed`. */
  readonly indexers?: Readonly<Record<string, (value: T) => readonly string[]>>;
  /** A subscriber threw; the others are still told. */
  readonly onSubscriberError?: (error: unknown) => void;
}

/**
 * The newest known state of a collection, fed by a watcher. Subscribers see an object that was deleted and made
 * again under its name, also when both happened unseen, as deleted and added.
 *
 * Read your own writes: after a write, `remember` or `rememberDeleted` put its outcome into the view at once, so
 * that a reconcile that runs before the watch catches up does not act on the older state. Whichever of two
 * states has the larger resourceVersion is kept. Where versions cannot be compared (nothing older than v1.35
 * promises it) `remember` leaves the view alone; that is safe, if wasteful, because every write of ours has a
 * deterministic name or a precondition, so that repeating one is refused by the server.
 */
export class Store<T extends Stored> {
  readonly #options: StoreOptions<T>;
  readonly #items = new Map<string, T>();
  readonly #indices: Indices<T>;
  readonly #subscribers = new Set<(change: StoreChange<T>) => void>();
  /** Keys of what we wrote ourselves and no list begun since has confirmed. */
  readonly #remembered = new Set<string>();
  /** Up to here the watcher has told everything, so that what we wrote before is old news. */
  #observed: string | undefined;
  /** By uid: objects that the server agreed to delete, and when. */
  readonly #deleted = new Map<string, string>();
  readonly #whenSynced = Promise.withResolvers<void>();
  /** Undefined stands for an object that is there and cannot be read. */
  #listed: Map<string, T | undefined> | undefined;
  #hasSynced = false;

  constructor(options: StoreOptions<T>) {
    this.#options = options;
    this.#indices = new Indices(options.indexers ?? {});
  }

  /** Whether one whole list has been taken in; before that, absence means nothing. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get size(): number {
    return this.#items.size;
  }

  /** Resolves at the end of the first list. */
  synced(): Promise<void> {
    return this.#whenSynced.promise;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#items.get(keyOf({ namespace, name }));
  }

  list(namespace?: string): readonly T[] {
    const all = [...this.#items.values()];
    return namespace === undefined ? all : all.filter((item) => item.metadata.namespace === namespace);
  }

  /** The objects for which the indexer gave this value. Errors: throws where no such indexer exists. */
  indexed(indexer: string, value: string): readonly T[] {
    return this.#indices.find(indexer, value).flatMap((key) => this.#items.get(key) ?? []);
  }

  /** Returns the way to unsubscribe. */
  subscribe(subscriber: (change: StoreChange<T>) => void): () => void {
    this.#subscribers.add(subscriber);
    return () => void this.#subscribers.delete(subscriber);
  }

  /** The handler of the watcher that feeds this store. */
  handle(event: WatcherEvent): void {
    switch (event.type) {
      case 'init':
        // A list that begins now includes every write that we know to be done.
        this.#listed = new Map();
        this.#remembered.clear();
        this.#deleted.clear();
        this.#observed = undefined;
        return;
      case 'initApply':
        this.#listed?.set(keyOf(event.object.metadata), this.#projectListed(event.object));
        return;
      case 'initDone':
        this.#observed = event.resourceVersion;
        this.#replaceAll(this.#listed ?? new Map(), event.resourceVersion);
        return;
      case 'apply':
        this.#observed = event.object.metadata.resourceVersion;
        this.#observe(this.#options.project(event.object));
        return;
      case 'delete':
        this.#observed = event.object.metadata.resourceVersion;
        this.#observeDeletion(event.object.metadata);
        return;
    }
  }

  /** Takes in what the server answered to our own create, apply, replace or patch. */
  remember(raw: KubeObject): void {
    const value = this.#options.project(raw);
    const key = keyOf(value.metadata);
    const version = value.metadata.resourceVersion;
    const isNews = (known: string | undefined): boolean =>
      (compareResourceVersions(version, known ?? '0') ?? 0) > 0;
    if (!isNews(this.#observed) || !isNews(this.#items.get(key)?.metadata.resourceVersion)) return;
    this.#remembered.add(key);
    this.#put(key, value);
  }

  /**
   * The server agreed to delete the object of this uid: until its end is seen it shows as terminating. Needs no
   * versions: nothing ever takes a deletionTimestamp back. `at` is RFC 3339.
   */
  rememberDeleted(namespace: string | undefined, name: string, uid: string, at: string): void {
    const key = keyOf({ namespace, name });
    const existing = this.#items.get(key);
    if (existing?.metadata.uid !== uid) return;
    this.#deleted.set(uid, at);
    this.#put(key, existing);
  }

  #observe(value: T): void {
    const key = keyOf(value.metadata);
    if (this.#isOlderThanRemembered(key, value.metadata)) return;
    this.#remembered.delete(key);
    this.#put(key, value);
  }

  #observeDeletion(metadata: ObjectMeta): void {
    const key = keyOf(metadata);
    const existing = this.#items.get(key);
    // The end of the former bearer of the name, told after we wrote its successor.
    if (existing === undefined || this.#isOlderThanRemembered(key, metadata)) return;
    this.#remembered.delete(key);
    this.#remove(key, existing);
  }

  #isOlderThanRemembered(key: string, metadata: ObjectMeta): boolean {
    if (!this.#remembered.has(key)) return false;
    const known = this.#items.get(key)?.metadata.resourceVersion;
    return (compareResourceVersions(metadata.resourceVersion, known) ?? 0) < 0;
  }

  /** Known as present even where it cannot be read: an object must not look deleted because of one bad field. */
  #projectListed(raw: KubeObject): T | undefined {
    const key = keyOf(raw.metadata);
    this.#listed?.set(key, this.#items.get(key));
    return this.#options.project(raw);
  }

  #replaceAll(listed: ReadonlyMap<string, T | undefined>, resourceVersion: string): void {
    this.#listed = undefined;
    for (const [key, existing] of this.#items) {
      // What we wrote since the list began may rightly be missing in it.
      const order = compareResourceVersions(existing.metadata.resourceVersion, resourceVersion) ?? 0;
      const isOurs = this.#remembered.has(key) && order > 0;
      if (!listed.has(key) && !isOurs) this.#remove(key, existing);
    }
    for (const [key, value] of listed) {
      if (value !== undefined && !this.#isOlderThanRemembered(key, value.metadata)) this.#put(key, value);
    }
    this.#hasSynced = true;
    this.#whenSynced.resolve();
  }

  #put(key: string, incoming: T): void {
    const old = this.#items.get(key);
    const value = this.#withDeletion(incoming);
    if (old !== undefined && old.metadata.uid !== value.metadata.uid) {
      this.#remove(key, old);
      this.#put(key, incoming);
      return;
    }
    this.#items.set(key, value);
    this.#indices.update(key, value);
    if (old === undefined) this.#tell({ type: 'added', new: value });
    else if (!isSame(old, value)) this.#tell({ type: 'updated', old, new: value });
  }

  #remove(key: string, old: T): void {
    this.#items.delete(key);
    this.#indices.remove(key);
    if (old.metadata.uid !== undefined) this.#deleted.delete(old.metadata.uid);
    this.#tell({ type: 'deleted', old });
  }

  #withDeletion(value: T): T {
    const at = this.#deleted.get(value.metadata.uid ?? '');
    if (at === undefined || value.metadata.deletionTimestamp !== undefined) return value;
    return { ...value, metadata: { ...value.metadata, deletionTimestamp: at } };
  }

  #tell(change: StoreChange<T>): void {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(change);
      } catch (error) {
        this.#options.onSubscriberError?.(error);
      }
    }
  }
}

/** `namespace/name`, or the name alone. */
export function keyOf(of: { readonly namespace?: string | undefined; readonly name: string }): string {
  return of.namespace ? `${of.namespace}/${of.name}` : of.name;
}

/** A relist repeats what is known; the version says so without comparing contents. */
function isSame(a: Stored, b: Stored): boolean {
  return (
    a.metadata.resourceVersion !== undefined &&
    a.metadata.resourceVersion === b.metadata.resourceVersion &&
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp
  );
}
