import { apiVersion } from '../../kube/resource.ts';
import { alreadyExists, badRequest, conflict, forbidden, notFound, staleWrite } from './api-status.ts';
import { decode } from './decode.ts';
import { invalid, invalidObject } from './field-error.ts';
import { type ApiObject, sameJson } from './json.ts';
import type { Kind } from './kind.ts';
import { keepServerFields, normalMeta, validateMeta } from './object-meta.ts';
import type { ObjectStore } from './object-store.ts';
import { changesOf, type Ownership, ownersAfterUpdate, type Writer } from './ownership.ts';
import { Stored } from './stored.ts';

/** How one write is to be done. */
export interface WriteOptions {
  readonly writer: Writer;
  /** Everything but the writing. */
  readonly dryRun: boolean;
  readonly fieldValidation: string | undefined;
}

export interface Place {
  readonly kind: Kind;
  readonly namespace: string | undefined;
}

/** POST. */
export function createObject(
  store: ObjectStore,
  { kind, namespace }: Place,
  body: unknown,
  options: WriteOptions,
): Stored {
  const object = decode(kind, body, options.fieldValidation);
  const { metadata } = object;
  if (metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== '') {
    throw badRequest('resourceVersion should not be set on objects to be created');
  }
  if (metadata.name === '' && metadata.generateName) {
    metadata.name = metadata.generateName.slice(0, 58) + store.newSuffix();
  }
  return insert(store, { kind, namespace }, object, undefined, options);
}

/** Writes an object that does not exist yet; `owners` are those of an apply, which may be none. */
export function insert(
  store: ObjectStore,
  { kind, namespace }: Place,
  object: ApiObject,
  owners: readonly Ownership[] | undefined,
  options: WriteOptions,
): Stored {
  object.metadata = normalMeta(object.metadata);
  const { metadata } = object;
  admitNamespace(store, kind, namespace, metadata.name);
  for (const field of [
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generation',
    'resourceVersion',
  ] as const) {
    delete metadata[field];
  }
  if (namespace !== undefined) metadata.namespace = namespace;
  metadata.uid = store.newUid();
  metadata.creationTimestamp = store.timestamp();
  if (kind.hasGeneration) metadata.generation = 1;
  if (kind.hasStatus && !kind.keepsStatusOnCreate) delete object.status;
  // Owned is what the writer sent; defaults are nobody's.
  const sent =
    owners !== undefined || !kind.recordsOwners
      ? undefined
      : changesOf(undefined, object, kind.fieldType, store.fieldRoot);
  kind.admit(object, store);
  kind.prepare(object, undefined);
  const errors = [...validateMeta(kind, metadata, undefined), ...kind.validate(object, undefined)];
  if (errors.length > 0) throw invalidObject(kind.resource, metadata.name, errors);
  kind.charge(object, store);
  if (store.collection(kind).get(namespace, metadata.name)) throw alreadyExists(kind.resource, metadata.name);
  if (options.dryRun) return new Stored(object, store.revision, []);
  const stamp = { apiVersion: apiVersion(kind.resource), time: store.timestamp() };
  const all = sent ? ownersAfterUpdate([], sent, options.writer, stamp) : (owners ?? []);
  return store.put(kind, object, all, undefined);
}

/** PUT. */
export function replaceObject(
  store: ObjectStore,
  place: Place,
  name: string,
  body: unknown,
  options: WriteOptions,
): Stored {
  const { kind, namespace } = place;
  const object = decode(kind, body, options.fieldValidation);
  checkName(object, name);
  const current = store.collection(kind).get(namespace, name);
  if (!current) throw notFound(kind.resource, name);
  if (!object.metadata.resourceVersion && !kind.allowsUnconditionalUpdate) {
    const error = invalid('metadata.resourceVersion', 0, 'must be specified for an update');
    throw invalidObject(kind.resource, name, [error]);
  }
  const { uid } = object.metadata;
  if (uid !== undefined && uid !== current.object.metadata.uid) {
    const found = `UID in precondition: ${uid}, UID in object meta: ${current.object.metadata.uid ?? ''}`;
    throw conflict(kind.resource, name, `Precondition failed: ${found}`);
  }
  return update(store, place, current, object, undefined, options);
}

/**
 * Writes the next version of an object, which the caller made and gives away. `owners` are those of an apply;
 * without them whatever changed becomes the writer's.
 */
export function update(
  store: ObjectStore,
  { kind, namespace }: Place,
  current: Stored,
  object: ApiObject,
  owners: readonly Ownership[] | undefined,
  options: WriteOptions,
): Stored {
  const old = current.object;
  const { name } = old.metadata;
  const { resourceVersion, namespace: said } = object.metadata;
  if (said !== undefined && said !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (resourceVersion && resourceVersion !== old.metadata.resourceVersion)
    throw staleWrite(kind.resource, name);

  const next = restrict(kind, old, object, options.writer.subresource);
  keepServerFields(next, old.metadata);
  if (namespace !== undefined) next.metadata.namespace = namespace;
  kind.prepare(next, old);
  const errors = [...validateMeta(kind, next.metadata, old.metadata), ...kind.validate(next, old)];
  if (errors.length > 0) throw invalidObject(kind.resource, name, errors);
  const isSame = sameJson(old, next);
  if (isSame && (owners === undefined || owners === current.owners)) return current;
  if (kind.hasGeneration && !isSame && desires(old, next))
    next.metadata.generation = (old.metadata.generation ?? 0) + 1;
  if (options.dryRun) return new Stored(next, current.revision, current.owners);
  if (isFinished(next)) {
    store.remove(kind, current);
    return new Stored(next, store.revision, []);
  }
  return store.put(kind, next, owners ?? ownersOf(store, kind, current, next, options.writer), current);
}

function ownersOf(
  store: ObjectStore,
  kind: Kind,
  current: Stored,
  next: ApiObject,
  writer: Writer,
): readonly Ownership[] {
  // What nobody's fields are recorded of stays so until somebody applies to it.
  if (current.owners.length === 0) return current.owners;
  const changes = changesOf(current.object, next, kind.fieldType, store.fieldRoot);
  const stamp = { apiVersion: apiVersion(kind.resource), time: store.timestamp() };
  return ownersAfterUpdate(current.owners, changes, writer, stamp);
}

/** A status write changes only status, any other write everything but status. */
function restrict(
  kind: Kind,
  old: ApiObject,
  object: ApiObject,
  subresource: 'status' | undefined,
): ApiObject {
  if (!kind.hasStatus) return object;
  if (subresource === undefined) return withField(object, 'status', old.status);
  if (kind.isCustom) return withField({ ...old, metadata: { ...old.metadata } }, 'status', object.status);
  const { ownerReferences: _changed, ...metadata } = object.metadata;
  const kept = old.metadata.ownerReferences;
  return withField(
    { ...object, metadata: kept ? { ...metadata, ownerReferences: kept } : metadata },
    'spec',
    old.spec,
  );
}

function withField(object: ApiObject, field: 'spec' | 'status', value: ApiObject['spec']): ApiObject {
  if (value === undefined) delete object[field];
  else object[field] = value;
  return object;
}

/** Whether anything but metadata and status differs: what the generation counts. */
function desires(old: ApiObject, next: ApiObject): boolean {
  const { metadata: _m1, status: _s1, ...before } = old;
  const { metadata: _m2, status: _s2, ...after } = next;
  return !sameJson(before, after);
}

/** The last finalizer went from an object that waits for nothing else. */
function isFinished({ metadata }: ApiObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).length === 0 &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0
  );
}

export function checkName(object: ApiObject, name: string): void {
  const said = object.metadata.name;
  if (said === name) return;
  throw badRequest(
    said === ''
      ? 'name must be provided'
      : `the name of the object (${said}) does not match the name on the URL (${name})`,
  );
}

function admitNamespace(store: ObjectStore, kind: Kind, namespace: string | undefined, name: string): void {
  if (namespace === undefined) return;
  const found = store.namespace(namespace);
  if (!found) throw notFound({ ...kind.resource, group: '', plural: 'namespaces' }, namespace);
  if (found.object.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  throw forbidden(kind.resource, name, why, [cause]);
}
