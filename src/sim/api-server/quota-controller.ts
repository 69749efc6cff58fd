import { RESOURCES } from '../../kube/resource.ts';
import { type ApiObject, recordOf, sameJson } from './json.ts';
import type { ObjectStore } from './object-store.ts';
import { podsInUse } from './pod-admission.ts';
import type { Stored } from './stored.ts';
import { update } from './write.ts';

/** How long the real controller takes to get round to it, about. */
const DELAY_MS = 200;
const OPTIONS = {
  writer: { manager: 'kube-controller-manager', operation: 'Update', subresource: 'status' },
  dryRun: false,
  fieldValidation: undefined,
} as const;

/** Writes into each quota what is used of it, for people to read; admission counts for itself. */
export class QuotaController {
  readonly #store: ObjectStore;
  readonly #due = new Set<string>();
  /** How many quotas each namespace has, so that pods of all others cost nothing here. */
  readonly #quotas = new Map<string, number>();

  constructor(store: ObjectStore) {
    this.#store = store;
    store.onChange(({ resource }, { type, stored, previous }) => {
      const { namespace = '' } = stored.object.metadata;
      if (resource.plural === RESOURCES.resourceQuotas.plural) {
        const difference = type === 'ADDED' ? 1 : type === 'DELETED' ? -1 : 0;
        this.#quotas.set(namespace, (this.#quotas.get(namespace) ?? 0) + difference);
        if (previous?.object.spec !== stored.object.spec) this.#schedule(namespace);
      } else if (resource.plural === RESOURCES.pods.plural && (this.#quotas.get(namespace) ?? 0) > 0) {
        if (type !== 'MODIFIED' || phaseOf(previous) !== phaseOf(stored)) this.#schedule(namespace);
      }
    });
  }

  #schedule(namespace: string): void {
    if (this.#due.has(namespace)) return;
    this.#due.add(namespace);
    void this.#store.clock.sleep(DELAY_MS).then(() => this.#count(namespace));
  }

  #count(namespace: string): void {
    this.#due.delete(namespace);
    const kind = this.#store.kindOf(RESOURCES.resourceQuotas);
    for (const quota of this.#store.collection(kind).list(namespace, () => true)) {
      const hard = recordOf(quota.object.spec?.['hard']);
      const used = hard['pods'] === undefined ? {} : { pods: String(podsInUse(this.#store, namespace)) };
      const next: ApiObject = { ...quota.object, status: { hard, used } };
      if (!sameJson(next, quota.object)) {
        update(this.#store, { kind, namespace }, quota, next, undefined, OPTIONS);
      }
    }
  }
}

function phaseOf(pod: Stored | undefined): unknown {
  return pod?.object.status?.['phase'];
}
