import { RESOURCES } from '../../kube/resource.ts';
import { deleteObject } from './delete.ts';
import type { ObjectStore } from './object-store.ts';

/** How long the real controller takes to get round to it, about. */
const DELAY_MS = 500;

/** Empties a namespace that is being deleted, and lets it go when nothing is left in it. */
export class NamespaceController {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
    store.onChange((kind, { type, stored, previous }) => {
      const isNamespace = kind.resource.plural === 'namespaces' && type === 'MODIFIED';
      const { deletionTimestamp, name } = stored.object.metadata;
      const isNew =
        deletionTimestamp !== undefined && previous?.object.metadata.deletionTimestamp === undefined;
      if (isNamespace && isNew) void this.#empty(name);
    });
  }

  async #empty(name: string): Promise<void> {
    do {
      await this.#store.clock.sleep(DELAY_MS);
    } while (this.#deleteContents(name) > 0);
    const namespace = this.#store.namespace(name);
    if (namespace) this.#store.remove(this.#store.kindOf(RESOURCES.namespaces), namespace);
  }

  /** Returns how many objects are still there. */
  #deleteContents(namespace: string): number {
    let left = 0;
    for (const kind of this.#store.kinds.values()) {
      if (!kind.resource.namespaced) continue;
      const collection = this.#store.collection(kind);
      for (const { object } of collection.list(namespace, () => true)) {
        if (object.metadata.deletionTimestamp === undefined) {
          deleteObject(this.#store, { kind, namespace }, object.metadata.name, {
            propagationPolicy: 'Background',
          });
        }
      }
      left += collection.list(namespace, () => true).length;
    }
    return left;
  }
}
