import { ApiStatus } from './api-status.ts';
import { deleteObject, FOREGROUND, ORPHAN } from './delete.ts';
import type { ObjectStore } from './object-store.ts';
import { OwnerIndex, ownersOf, type Reference, referenceTo } from './owner-index.ts';
import type { Kind } from './kind.ts';
import type { Change, Stored } from './stored.ts';
import { update } from './write.ts';

/** How long the real collector takes to get round to it, about. */
const DELAY_MS = 200;
const WRITER = { manager: 'kube-controller-manager', operation: 'Update', subresource: undefined } as const;
const OPTIONS = { writer: WRITER, dryRun: false, fieldValidation: undefined } as const;

/**
 * The garbage collector of the controller manager: deletes what only owners that are gone own, and does what the
 * finalizers of foreground and orphaning deletions ask for. It works on the clock, a moment after each change.
 */
export class GarbageCollector {
  readonly #store: ObjectStore;
  readonly #owners = new OwnerIndex();
  readonly #due = new Map<string, Reference>();
  #isScheduled = false;

  constructor(store: ObjectStore) {
    this.#store = store;
    store.onChange((kind, change) => {
      this.#owners.note(kind, change);
      this.#consider(kind, change);
    });
  }

  #consider(kind: Kind, { type, stored, previous }: Change): void {
    const reference = referenceTo(kind, stored);
    if (type === 'DELETED') {
      for (const dependent of this.#owners.dependentsOf(reference.uid)) this.#enqueue(dependent);
      // A deletion in the foreground may have waited for this one.
      for (const { uid } of ownersOf(stored)) {
        const owner = this.#owners.living(uid);
        if (owner) this.#enqueue(owner);
      }
      return;
    }
    const owners = ownersOf(stored);
    const isNew = previous === undefined || ownersOf(previous) !== owners;
    const isOrphan = isNew && owners.some(({ uid }) => !this.#owners.living(uid));
    // In the foreground all dependents go, also those that hold nothing up. The real collector has them in hand
    // beside the owner, and those that come after it stay while a finalizer of somebody else keeps it: here they
    // all come first, the worst case.
    const begins = isInForeground(stored) && !(previous !== undefined && isInForeground(previous));
    if (begins) for (const dependent of this.#owners.dependentsOf(reference.uid)) this.#enqueue(dependent);
    if (isOrphan || isWaiting(stored)) this.#enqueue(reference);
  }

  #enqueue(reference: Reference): void {
    this.#due.set(reference.uid, reference);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    void this.#store.clock.sleep(DELAY_MS).then(() => this.#sweep());
  }

  #sweep(): void {
    this.#isScheduled = false;
    const due = [...this.#due.values()];
    this.#due.clear();
    for (const reference of due) {
      const stored = this.#store.collection(reference.kind).get(reference.namespace, reference.name);
      if (stored?.object.metadata.uid !== reference.uid) continue;
      try {
        if (isWaiting(stored)) this.#finalize(reference, stored);
        else this.#collect(reference, stored);
      } catch (error) {
        // Somebody's validation stands in the way; the real collector tries again for ever, to no other end.
        if (!(error instanceof ApiStatus)) throw error;
      }
    }
  }

  /** Deletes an object whose owners are all gone, or takes the references to the gone ones away. */
  #collect(reference: Reference, stored: Stored): void {
    const owners = ownersOf(stored);
    const solid = owners.filter(({ uid }) => this.#owners.living(uid));
    if (owners.length === 0 || solid.length === owners.length) {
      const waiting = owners
        .map(({ uid }) => this.#living(uid))
        .filter((owner) => owner && isInForeground(owner));
      if (owners.length > 0 && waiting.length === owners.length) this.#delete(reference, stored);
      return;
    }
    if (solid.length === 0) {
      this.#delete(reference, stored);
      return;
    }
    const metadata = { ...stored.object.metadata, ownerReferences: [...solid] };
    update(this.#store, reference, stored, { ...stored.object, metadata }, undefined, OPTIONS);
  }

  #finalize(reference: Reference, owner: Stored): void {
    const finalizers = owner.object.metadata.finalizers ?? [];
    const dependents = this.#owners.dependentsOf(reference.uid);
    if (finalizers.includes(ORPHAN)) {
      for (const dependent of dependents) this.#release(dependent, reference.uid);
      this.#dropFinalizer(reference, ORPHAN);
      return;
    }
    const blocking = dependents.filter((dependent) => this.#blocks(dependent, reference.uid));
    if (blocking.length === 0) {
      this.#dropFinalizer(reference, FOREGROUND);
      return;
    }
    for (const dependent of blocking) {
      const stored = this.#store.collection(dependent.kind).get(dependent.namespace, dependent.name);
      if (stored && stored.object.metadata.deletionTimestamp === undefined) this.#enqueue(dependent);
    }
  }

  #release(dependent: Reference, owner: string): void {
    const stored = this.#store.collection(dependent.kind).get(dependent.namespace, dependent.name);
    if (!stored) return;
    const ownerReferences = ownersOf(stored).filter(({ uid }) => uid !== owner);
    const metadata = { ...stored.object.metadata, ownerReferences };
    if (ownerReferences.length === 0) Reflect.deleteProperty(metadata, 'ownerReferences');
    update(this.#store, dependent, stored, { ...stored.object, metadata }, undefined, OPTIONS);
  }

  #dropFinalizer(reference: Reference, finalizer: string): void {
    const stored = this.#living(reference.uid);
    if (!stored) return;
    const finalizers = (stored.object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    const metadata = { ...stored.object.metadata, finalizers };
    if (finalizers.length === 0) Reflect.deleteProperty(metadata, 'finalizers');
    update(this.#store, reference, stored, { ...stored.object, metadata }, undefined, OPTIONS);
  }

  /** What has dependents that block is itself deleted in the foreground, so that the owner waits for them too. */
  #delete(reference: Reference, stored: Stored): void {
    if (stored.object.metadata.deletionTimestamp !== undefined) return;
    const hasDependents = this.#owners
      .dependentsOf(reference.uid)
      .some((one) => this.#blocks(one, reference.uid));
    const owned = ownersOf(stored).some(({ uid }) => this.#owners.living(uid));
    const propagationPolicy = hasDependents && owned ? 'Foreground' : 'Background';
    deleteObject(this.#store, reference, reference.name, { uid: reference.uid, propagationPolicy });
  }

  #blocks(dependent: Reference, owner: string): boolean {
    const stored = this.#store.collection(dependent.kind).get(dependent.namespace, dependent.name);
    if (stored?.object.metadata.uid !== dependent.uid) return false;
    return ownersOf(stored).some(
      ({ uid, blockOwnerDeletion }) => uid === owner && blockOwnerDeletion === true,
    );
  }

  #living(uid: string): Stored | undefined {
    const reference = this.#owners.living(uid);
    return reference && this.#store.collection(reference.kind).get(reference.namespace, reference.name);
  }
}

function isInForeground({ object }: Stored): boolean {
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  return deletionTimestamp !== undefined && finalizers.includes(FOREGROUND);
}

/** Deleted, and the collector holds a finalizer of it. */
function isWaiting({ object }: Stored): boolean {
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  return deletionTimestamp !== undefined && (finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN));
}
