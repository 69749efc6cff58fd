import { apiVersion } from '../../kube/resource.ts';
import { ApiStatus } from './api-status.ts';
import { mergeConfiguration, removeFields } from './apply-merge.ts';
import type { FieldPath } from './field-path.ts';
import type { ApiObject } from './json.ts';
import type { Kind } from './kind.ts';
import type { ObjectStore } from './object-store.ts';
import { changesOf, fieldsOf, isSameWriter, type Ownership, without, type Writer } from './ownership.ts';
import type { Stored } from './stored.ts';

export interface Applied {
  readonly object: ApiObject;
  /** The very same list where nothing changed hands. */
  readonly owners: readonly Ownership[];
}

/**
 * Server-side apply: the live object with what the configuration says, without what the same manager applied
 * before and says no longer, unless somebody else owns that too. Errors: 409 where it would change what others
 * own, unless forced.
 */
export function applyConfiguration(
  store: ObjectStore,
  kind: Kind,
  current: Stored | undefined,
  config: ApiObject,
  writer: Writer,
  force: boolean,
): Applied {
  const root = store.fieldRoot;
  const owners = current ? ownersBefore(store, kind, current) : [];
  const others = owners.filter((owner) => !isSameWriter(owner, writer));
  const before = owners.find((owner) => isSameWriter(owner, writer));
  const fields = ownedPart(kind, config, writer, fieldsOf(config, kind.fieldType, root), root);

  const merged = mergeConfiguration(current?.object, config, kind.fieldType);
  const dropped = [...(before?.fields ?? [])].filter((path) => !fields.has(path));
  const remaining = [...others.map((other) => other.fields), fields];
  const unowned = dropped.filter((path) => !remaining.some((owned) => owns(owned, path)));
  const object = removeFields(merged, unowned, kind.fieldType);

  const { set: changed, removed } = changesOf(current?.object, object, kind.fieldType, root);
  const conflicts = others
    .map((owner) => ({ owner, paths: [...changed].filter((path) => owner.fields.has(path)) }))
    .filter(({ paths }) => paths.length > 0);
  if (conflicts.length > 0 && !force) throw conflictStatus(conflicts);

  const rest = others
    .map((owner) => without(owner, (path) => changed.has(path) || removed.has(path)))
    .filter((owner) => owner.fields.size > 0);
  const isUnchanged =
    sameSet(before?.fields ?? new Set(), fields) &&
    rest.length === others.length &&
    rest.every((owner, index) => owner === others[index]);
  if (isUnchanged) return { object, owners };
  const stamp = { apiVersion: apiVersion(kind.resource), time: store.timestamp() };
  return { object, owners: fields.size === 0 ? rest : [...rest, { ...writer, ...stamp, fields }] };
}

/** Of an object that nobody's fields are recorded of, everything belongs to whoever came before. */
function ownersBefore(store: ObjectStore, kind: Kind, current: Stored): readonly Ownership[] {
  if (current.owners.length > 0) return current.owners;
  const fields = changesOf(undefined, current.object, kind.fieldType, store.fieldRoot).set;
  const writer: Writer = { manager: 'before-first-apply', operation: 'Update', subresource: undefined };
  const stamp = { apiVersion: apiVersion(kind.resource), time: store.timestamp() };
  return fields.size === 0 ? current.owners : [{ ...writer, ...stamp, fields }];
}

/** What a subresource does not write is not owned through it either. */
function ownedPart(
  kind: Kind,
  config: ApiObject,
  writer: Writer,
  fields: Set<FieldPath>,
  root: FieldPath,
): Set<FieldPath> {
  if (!kind.hasStatus || (config.status === undefined && writer.subresource === undefined)) return fields;
  const status = root.child('f:status');
  const metadata = root.child('f:metadata');
  const isOwned =
    writer.subresource === undefined
      ? (path: FieldPath): boolean => !path.isWithin(status)
      : (path: FieldPath): boolean => path.isWithin(status) || (!kind.isCustom && path.isWithin(metadata));
  return new Set([...fields].filter(isOwned));
}

/** Whether the field or anything below it is among these; an item of a list only as such, not by what is in it. */
function owns(owned: ReadonlySet<FieldPath>, path: FieldPath): boolean {
  if (owned.has(path)) return true;
  if (!path.element.startsWith('f:')) return false;
  for (const field of owned) if (field.isWithin(path)) return true;
  return false;
}

function sameSet(a: ReadonlySet<FieldPath>, b: ReadonlySet<FieldPath>): boolean {
  return a.size === b.size && [...a].every((path) => b.has(path));
}

function conflictStatus(
  conflicts: readonly { readonly owner: Ownership; readonly paths: readonly FieldPath[] }[],
): ApiStatus {
  const causes = conflicts.flatMap(({ owner, paths }) =>
    paths
      .map(String)
      .toSorted()
      .map((field) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with ${ownerText(owner)}`,
        field,
      })),
  );
  const all = conflicts.map(({ owner, paths }) => {
    const fields = paths.map(String).toSorted();
    return fields.length === 1
      ? `conflict with ${ownerText(owner)}: ${fields.join('')}`
      : `conflicts with ${ownerText(owner)}:\n${fields.map((field) => `- ${field}`).join('\n')}`;
  });
  const count = `${causes.length} conflict${causes.length === 1 ? '' : 's'}`;
  return new ApiStatus(409, 'Conflict', `Apply failed with ${count}: ${all.join('\n')}`, { causes });
}

/** An owner by updates is named with the version it wrote in, one by apply without. */
function ownerText({ manager, operation, subresource, apiVersion: version }: Ownership): string {
  const through = subresource === undefined ? '' : ` with subresource "${subresource}"`;
  return `"${manager}"${through}${operation === 'Update' ? ` using ${version}` : ''}`;
}
