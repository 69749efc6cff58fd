import { RESOURCES, type Resource } from '../../kube/resource.ts';
import type { ObjectStore } from './object-store.ts';
import { createObject } from './write.ts';

const OPTIONS = {
  writer: { manager: 'kube-apiserver', operation: 'Update', subresource: undefined },
  dryRun: false,
  fieldValidation: undefined,
} as const;

/** What every cluster has from its first minute, and every namespace from its first second. */
export class ClusterDefaults {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
    store.onChange((kind, { type, stored }) => {
      if (kind.resource.plural !== 'namespaces' || type !== 'ADDED') return;
      this.#create(RESOURCES.serviceAccounts, stored.object.metadata.name, 'default');
    });
  }

  create(): void {
    for (const name of ['default', 'kube-system', 'kube-node-lease'])
      this.#create(RESOURCES.namespaces, undefined, name);
  }

  #create(resource: Resource, namespace: string | undefined, name: string): void {
    const kind = this.#store.kindOf(resource);
    createObject(this.#store, { kind, namespace }, { metadata: { name } }, OPTIONS);
  }
}
