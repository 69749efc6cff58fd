import { badRequest, conflict, notFound, unsupportedMediaType } from './api-status.ts';
import { applyConfiguration } from './apply.ts';
import { decode, withoutNulls } from './decode.ts';
import { invalidObject, required } from './field-error.ts';
import { type Fields, isRecord } from './json.ts';
import type { ObjectStore } from './object-store.ts';
import type { Stored } from './stored.ts';
import { strategicMerge } from './strategic-merge.ts';
import { checkName, insert, type Place, update, type WriteOptions } from './write.ts';

export interface Patch {
  readonly contentType: string;
  readonly body: unknown;
  readonly force: boolean;
  readonly fieldManager: string | undefined;
}

/** PATCH, in the three forms that matter here. Errors: 415 for any other. */
export function patchObject(
  store: ObjectStore,
  place: Place,
  name: string,
  patch: Patch,
  options: WriteOptions,
): Stored {
  const { kind, namespace } = place;
  const type = patch.contentType.split(';')[0]?.trim() ?? '';
  if (type === 'application/apply-patch+yaml') return applyPatch(store, place, name, patch, options);
  const current = store.collection(kind).get(namespace, name);
  if (!current) throw notFound(kind.resource, name);
  if (!isRecord(patch.body)) throw badRequest('error decoding patch: the patch must be a JSON object');
  const merged = mergedBy(type, current, patch.body, place);
  const object = decode(kind, merged, options.fieldValidation);
  checkName(object, name);
  const { uid } = object.metadata;
  if (uid !== current.object.metadata.uid) {
    const message = `Invalid value: ${JSON.stringify(uid)}: field is immutable`;
    throw invalidObject(kind.resource, name, [
      { field: 'metadata.uid', reason: 'FieldValueInvalid', message },
    ]);
  }
  return update(store, place, current, object, undefined, options);
}

function mergedBy(type: string, current: Stored, body: Fields, { kind }: Place): unknown {
  if (type === 'application/merge-patch+json') return mergePatch(current.object, body);
  if (type === 'application/strategic-merge-patch+json' && !kind.isCustom) {
    return strategicMerge(current.object, body, kind.fieldType);
  }
  throw unsupportedMediaType(
    kind.isCustom
      ? 'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml'
      : '415: Unsupported Media Type',
  );
}

function applyPatch(
  store: ObjectStore,
  place: Place,
  name: string,
  patch: Patch,
  options: WriteOptions,
): Stored {
  const { kind, namespace } = place;
  if (!patch.fieldManager) {
    const error = required('fieldManager', 'is required for apply patch');
    throw invalidObject({ ...kind.resource, group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [error]);
  }
  const config = patch.body;
  if (!isRecord(config) || !config['apiVersion'] || !config['kind']) {
    throw badRequest('invalid object type: apiVersion and kind must be set in an applied object');
  }
  if (isRecord(config['metadata']) && config['metadata']['managedFields'] !== undefined) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const applied = decode(kind, withoutNulls(config), options.fieldValidation);
  if (applied.metadata.name === '') applied.metadata.name = name;
  checkName(applied, name);
  const current = store.collection(kind).get(namespace, name);
  const { uid } = applied.metadata;
  if (uid !== undefined && uid !== current?.object.metadata.uid) {
    const found = current
      ? `existing object has uid ${current.object.metadata.uid ?? ''}`
      : 'no existing object was found';
    throw conflict(
      kind.resource,
      name,
      `uid mismatch: the provided object specified uid ${uid}, and ${found}`,
    );
  }
  if (!current && options.writer.subresource !== undefined) throw notFound(kind.resource, name);
  const result = applyConfiguration(store, kind, current, applied, options.writer, patch.force);
  return current
    ? update(store, place, current, result.object, result.owners, options)
    : insert(store, place, result.object, result.owners, options);
}

/** RFC 7396: objects are merged, null removes, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Fields = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}
