import { collectChanges, collectFields, type FieldChanges } from './field-diff.ts';
import type { FieldPath } from './field-path.ts';
import type { FieldType } from './field-type.ts';
import type { ApiObject, Fields } from './json.ts';

/** What one writer owns. A manager that applies and updates counts as two, and so does one that writes status. */
export interface Ownership {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource: 'status' | undefined;
  readonly apiVersion: string;
  /** RFC 3339, seconds. */
  readonly time: string;
  readonly fields: ReadonlySet<FieldPath>;
}

export type Writer = Pick<Ownership, 'manager' | 'operation' | 'subresource'>;

export function isSameWriter(a: Writer, b: Writer): boolean {
  return a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource;
}

/** The part of an object that is owned: not what identifies it and not what the server keeps itself. */
export function ownable(object: ApiObject): Fields {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = object;
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  return { ...rest, metadata: { labels, annotations, finalizers, ownerReferences } };
}

export function fieldsOf(object: ApiObject, type: FieldType, root: FieldPath): Set<FieldPath> {
  const fields = new Set<FieldPath>();
  collectFields(ownable(object), type, root, fields);
  // An empty metadata is nobody's.
  fields.delete(root.child('f:metadata'));
  return fields;
}

export function changesOf(
  before: ApiObject | undefined,
  after: ApiObject,
  type: FieldType,
  root: FieldPath,
): FieldChanges {
  const changes: FieldChanges = { set: new Set(), removed: new Set() };
  collectChanges(before ? ownable(before) : {}, ownable(after), type, root, changes);
  changes.set.delete(root.child('f:metadata'));
  return changes;
}

/** After an update: what it changed belongs to its writer alone, what it removed to nobody. */
export function ownersAfterUpdate(
  owners: readonly Ownership[],
  changes: FieldChanges,
  writer: Writer,
  stamp: Pick<Ownership, 'apiVersion' | 'time'>,
): readonly Ownership[] {
  if (changes.set.size === 0 && changes.removed.size === 0) return owners;
  const lost = (path: FieldPath): boolean => changes.set.has(path) || changes.removed.has(path);
  const next = owners
    .filter((owner) => !isSameWriter(owner, writer))
    .map((owner) => without(owner, lost))
    .filter((owner) => owner.fields.size > 0);
  const mine = owners.find((owner) => isSameWriter(owner, writer));
  const kept = mine ? without(mine, (path) => changes.removed.has(path)).fields : [];
  const fields = new Set([...kept, ...changes.set]);
  return fields.size === 0 ? next : [...next, { ...writer, ...stamp, fields }];
}

/** The same owner without the fields that `lost` names; the very same one where it loses none. */
export function without(owner: Ownership, lost: (path: FieldPath) => boolean): Ownership {
  let loses = false;
  for (const path of owner.fields) {
    if (lost(path)) {
      loses = true;
      break;
    }
  }
  return loses ? { ...owner, fields: new Set([...owner.fields].filter((path) => !lost(path))) } : owner;
}
