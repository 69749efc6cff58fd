import type { OwnerRef } from './json.ts';
import type { Kind } from './kind.ts';
import type { Change, Stored } from './stored.ts';

/** Where to find an object again. */
export interface Reference {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
}

export function referenceTo(kind: Kind, { object }: Stored): Reference {
  const { namespace, name, uid = '' } = object.metadata;
  return { kind, namespace, name, uid };
}

export function ownersOf({ object }: Stored): readonly OwnerRef[] {
  return object.metadata.ownerReferences ?? [];
}

/** Who exists and who depends on whom, by uid, kept up to date with each change. */
export class OwnerIndex {
  readonly #living = new Map<string, Reference>();
  readonly #dependents = new Map<string, Map<string, Reference>>();

  note(kind: Kind, { stored, previous, type }: Change): void {
    const reference = referenceTo(kind, stored);
    if (type === 'DELETED') this.#living.delete(reference.uid);
    else if (type === 'ADDED') this.#living.set(reference.uid, reference);
    const before = previous ? ownersOf(previous) : [];
    const now = type === 'DELETED' ? [] : ownersOf(stored);
    if (before === now) return;
    for (const { uid } of before) {
      const dependents = this.#dependents.get(uid);
      dependents?.delete(reference.uid);
      if (dependents?.size === 0) this.#dependents.delete(uid);
    }
    for (const { uid } of now) {
      const dependents = this.#dependents.get(uid) ?? new Map<string, Reference>();
      this.#dependents.set(uid, dependents.set(reference.uid, reference));
    }
  }

  living(uid: string): Reference | undefined {
    return this.#living.get(uid);
  }

  dependentsOf(uid: string): Reference[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }
}
