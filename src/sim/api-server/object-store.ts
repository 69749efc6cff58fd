import type { Clock } from '../../controller/clock.ts';
import { apiVersion, type Resource, RESOURCES } from '../../kube/resource.ts';
import { Collection } from './collection.ts';
import { FieldPath } from './field-path.ts';
import type { ApiObject } from './json.ts';
import type { Kind } from './kind.ts';
import type { Ownership } from './ownership.ts';
import { type Change, Stored } from './stored.ts';
import { kindKey, type Kinds } from './target.ts';

export interface StoreOptions {
  /** How many changes of each kind a watch can go back over. */
  readonly historyLimit: number;
  readonly seed: number;
}

/** As after a few minutes of a real server, so that "1" is a revision that was forgotten long ago. */
const FIRST_REVISION = 1_000;

/** What etcd is to the real server: all objects, under one revision that rises with every write. */
export class ObjectStore {
  readonly clock: Clock;
  /** Where the ways to all fields begin. */
  readonly fieldRoot = new FieldPath();
  readonly kinds: Kinds;
  readonly #options: StoreOptions;
  readonly #collections = new Map<Kind, Collection>();
  readonly #listeners: ((kind: Kind, change: Change) => void)[] = [];
  #revision = FIRST_REVISION;
  #random: number;
  #uids = 0;

  constructor(clock: Clock, kinds: Kinds, options: StoreOptions) {
    this.clock = clock;
    this.kinds = kinds;
    this.#options = options;
    this.#random = options.seed >>> 0;
  }

  get revision(): number {
    return this.#revision;
  }

  collection(of: Kind): Collection {
    const known = this.#collections.get(of);
    if (known) return known;
    const made = new Collection(FIRST_REVISION, this.#options.historyLimit);
    this.#collections.set(of, made);
    return made;
  }

  find(resource: Resource, namespace: string | undefined, name: string): Stored | undefined {
    return this.collection(this.kindOf(resource)).get(namespace, name);
  }

  /** Errors: throws where the kind is not served, which is a fault of the caller. */
  kindOf({ group, version, plural }: Resource): Kind {
    const kind = this.kinds.get(kindKey(group, version, plural));
    if (!kind) throw new Error(`this server does not serve ${plural}`);
    return kind;
  }

  namespace(name: string): Stored | undefined {
    return this.find(RESOURCES.namespaces, undefined, name);
  }

  /** The server's own controllers hear of every change after it happened. */
  onChange(listener: (kind: Kind, change: Change) => void): void {
    this.#listeners.push(listener);
  }

  /** Writes one version of an object, which nobody may change from here on. */
  put(of: Kind, object: ApiObject, owners: readonly Ownership[], previous: Stored | undefined): Stored {
    const revision = this.#nextRevision();
    const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
    const { resourceVersion: _old, ...meta } = metadata;
    const written: ApiObject = {
      kind: of.resource.kind,
      apiVersion: apiVersion(of.resource),
      metadata: { ...meta, resourceVersion: String(revision) },
      ...rest,
    };
    const stored = new Stored(written, revision, owners);
    const type = previous ? 'MODIFIED' : 'ADDED';
    this.#apply(of, { revision, type, stored, ...(previous && { previous }) });
    return stored;
  }

  remove(of: Kind, previous: Stored): Stored {
    const revision = this.#nextRevision();
    const metadata = { ...previous.object.metadata, resourceVersion: String(revision) };
    const stored = new Stored({ ...previous.object, metadata }, revision, []);
    this.#apply(of, { revision, type: 'DELETED', stored, previous });
    return stored;
  }

  /** Forgets the history: every watch from before now answers 410. */
  compact(): void {
    for (const collection of this.#collections.values()) collection.compact(this.#revision);
  }

  /** RFC 3339 in seconds, as metadata has it. */
  timestamp(inMs = 0): string {
    return new Date(this.clock.now() + inMs).toISOString().replace(/\.\d+Z$/, 'Z');
  }

  newUid(): string {
    const count = (++this.#uids).toString(16).padStart(12, '0');
    const hex = (): string => this.#nextRandom().toString(16).padStart(8, '0');
    const [a, b] = [hex(), hex()];
    return `${a}-${b.slice(0, 4)}-4${b.slice(4, 7)}-8${hex().slice(0, 3)}-${count}`;
  }

  /** The five letters that generateName is completed with. */
  newSuffix(): string {
    const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
    return Array.from({ length: 5 }, () => alphabet[this.#nextRandom() % alphabet.length]).join('');
  }

  #apply(of: Kind, change: Change): void {
    this.collection(of).apply(change);
    for (const listener of this.#listeners) listener(of, change);
  }

  #nextRevision(): number {
    this.#revision += 1;
    return this.#revision;
  }

  /** Mulberry32: enough for names, and the same in every run. */
  #nextRandom(): number {
    this.#random = (this.#random + 0x6d2b79f5) >>> 0;
    let mixed = this.#random;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}
