import type { ApiObject } from './json.ts';
import type { Change, Stored } from './stored.ts';
import { Watchers } from './watchers.ts';

/** All objects of one kind, what happened to them lately, and who is watching. */
export class Collection {
  readonly watchers = new Watchers();
  readonly #namespaces = new Map<string, Map<string, Stored>>();
  readonly #history: Change[] = [];
  readonly #historyLimit: number;
  #oldest: number;

  /** `oldest` is the first revision that a watch can begin from; `historyLimit` counts changes. */
  constructor(oldest: number, historyLimit: number) {
    this.#oldest = oldest;
    this.#historyLimit = historyLimit;
  }

  get(namespace: string | undefined, name: string): Stored | undefined {
    return this.#namespaces.get(namespace ?? '')?.get(name);
  }

  /** In the order of the keys (namespace, then name), as etcd gives them. */
  list(namespace: string | undefined, matches: (object: ApiObject) => boolean): Stored[] {
    const spaces = namespace === undefined ? [...this.#namespaces.keys()].toSorted() : [namespace];
    const found: Stored[] = [];
    for (const space of spaces) {
      const objects = [...(this.#namespaces.get(space)?.values() ?? [])].filter(({ object }) =>
        matches(object),
      );
      found.push(...objects.toSorted(byName));
    }
    return found;
  }

  apply(change: Change): void {
    const { namespace = '', name } = change.stored.object.metadata;
    const space = this.#namespaces.get(namespace) ?? new Map<string, Stored>();
    this.#namespaces.set(namespace, space);
    if (change.type === 'DELETED') space.delete(name);
    else space.set(name, change.stored);
    this.#history.push(change);
    // In slices, so that forgetting costs next to nothing for each write.
    if (this.#history.length > 2 * this.#historyLimit)
      this.#forget(this.#history.length - this.#historyLimit);
    this.watchers.tell(change);
  }

  /** The changes after `revision`; undefined when the history does not reach back to it. */
  since(revision: number): readonly Change[] | undefined {
    if (revision < this.#oldest) return undefined;
    let from = this.#history.length;
    while (from > 0 && (this.#history[from - 1]?.revision ?? 0) > revision) from -= 1;
    return this.#history.slice(from);
  }

  /** The oldest revision from which a watch can begin. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Forgets everything up to `revision`. */
  compact(revision: number): void {
    this.#forget(this.#history.filter((change) => change.revision <= revision).length);
    this.#oldest = Math.max(this.#oldest, revision);
  }

  #forget(count: number): void {
    const last = this.#history.splice(0, count).at(-1);
    if (last) this.#oldest = Math.max(this.#oldest, last.revision);
  }
}

function byName(a: Stored, b: Stored): number {
  return a.object.metadata.name < b.object.metadata.name ? -1 : 1;
}
