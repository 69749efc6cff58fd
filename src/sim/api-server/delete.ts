import { conflict, notFound } from './api-status.ts';
import { listOf, recordOf } from './json.ts';
import type { ObjectStore } from './object-store.ts';
import type { Stored } from './stored.ts';
import type { Place } from './write.ts';

export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** Seconds. */
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly dryRun?: boolean;
}

/** What is left of a deleted object, and whether it is gone already. */
export interface Deletion {
  readonly stored: Stored;
  readonly isGone: boolean;
}

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

export function parseDeleteOptions(
  body: unknown,
  query: Readonly<Record<string, string | undefined>>,
): DeleteOptions {
  const options = recordOf(body);
  const preconditions = recordOf(options['preconditions']);
  const grace = options['gracePeriodSeconds'] ?? query['gracePeriodSeconds'];
  const policy = options['propagationPolicy'] ?? query['propagationPolicy'];
  const { uid, resourceVersion } = preconditions;
  return {
    ...(typeof uid === 'string' && { uid }),
    ...(typeof resourceVersion === 'string' && { resourceVersion }),
    ...(grace !== undefined && grace !== null && { gracePeriodSeconds: Number(grace) }),
    ...((policy === 'Background' || policy === 'Foreground' || policy === 'Orphan') && {
      propagationPolicy: policy,
    }),
    dryRun: query['dryRun'] === 'All' || listOf(options['dryRun']).includes('All'),
  };
}

/**
 * DELETE. An object goes at once unless something has to happen first: a kubelet that stops a pod, or a holder of
 * a finalizer; until then it carries a deletionTimestamp. Errors: 404; 409 where a precondition does not hold.
 */
export function deleteObject(
  store: ObjectStore,
  { kind, namespace }: Place,
  name: string,
  options: DeleteOptions,
): Deletion {
  const current = store.collection(kind).get(namespace, name);
  if (!current) throw notFound(kind.resource, name);
  const { metadata } = current.object;
  checkPreconditions(current, { kind, namespace }, name, options);

  const finalizers = finalizersFor(metadata.finalizers ?? [], options.propagationPolicy);
  const isNamespace = kind.resource.plural === 'namespaces';
  const grace = kind.gracePeriod(current.object, options.gracePeriodSeconds);
  if (finalizers.length === 0 && grace === 0 && !isNamespace) {
    if (options.dryRun === true) return { stored: current, isGone: true };
    return { stored: store.remove(kind, current), isGone: true };
  }

  const isDeleting = metadata.deletionTimestamp !== undefined;
  const sooner = !isDeleting || grace < (metadata.deletionGracePeriodSeconds ?? 0);
  const next = { ...current.object, metadata: { ...metadata } };
  if (finalizers.length > 0) next.metadata.finalizers = finalizers;
  if (sooner) {
    next.metadata.deletionTimestamp = store.timestamp(grace * 1_000);
    next.metadata.deletionGracePeriodSeconds = grace;
  }
  if (isNamespace) next.status = { ...next.status, phase: 'Terminating' };
  // The generation tells whoever finishes the deletion that there is something new to see.
  if (!isDeleting && metadata.generation !== undefined) next.metadata.generation = metadata.generation + 1;
  const isSame = !sooner && String(finalizers) === String(metadata.finalizers ?? []);
  if (isSame || options.dryRun === true) return { stored: current, isGone: false };
  return { stored: store.put(kind, next, current.owners, current), isGone: false };
}

function checkPreconditions(current: Stored, { kind }: Place, name: string, options: DeleteOptions): void {
  const { uid = '', resourceVersion = '' } = current.object.metadata;
  // The server names the kind and not the plural here.
  const of = { ...kind.resource, group: '', plural: kind.resource.kind };
  if (options.uid !== undefined && options.uid !== uid) {
    throw conflict(
      of,
      name,
      `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). ` +
        'The object might have been deleted and then recreated',
    );
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    throw conflict(
      of,
      name,
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). ` +
        'The object might have been modified',
    );
  }
}

/** A policy adds its finalizer for the garbage collector and takes the other one away. */
function finalizersFor(finalizers: readonly string[], policy: DeleteOptions['propagationPolicy']): string[] {
  const others = finalizers.filter((name) => name !== FOREGROUND && name !== ORPHAN);
  switch (policy) {
    case undefined:
      return [...finalizers];
    case 'Background':
      return others;
    case 'Foreground':
      return [...others, FOREGROUND];
    case 'Orphan':
      return [...others, ORPHAN];
  }
}
