import { fieldOf, type FieldType, itemElement } from './field-type.ts';
import { type Fields, isRecord } from './json.ts';

/** A strategic merge patch, as kubectl and kubelets send it: keyed lists are merged item by item. */
export function strategicMerge(target: unknown, patch: unknown, type: FieldType): unknown {
  if (!isRecord(patch)) return patch;
  if (patch['$patch'] === 'replace') {
    const { $patch: _directive, ...rest } = patch;
    return rest;
  }
  const merged: Fields = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) mergeDirective(merged, key, value);
    else if (value === null) delete merged[key];
    else merged[key] = mergeField(merged[key], value, fieldOf(type, key));
  }
  return merged;
}

function mergeField(target: unknown, patch: unknown, type: FieldType): unknown {
  if (!Array.isArray(patch)) return strategicMerge(target, patch, type);
  if (type.kind === 'set') return [...new Set([...(Array.isArray(target) ? target : []), ...patch])];
  if (type.kind !== 'list') return patch;
  if (patch.some((item) => isRecord(item) && item['$patch'] === 'replace')) {
    return patch.filter((item) => !isRecord(item) || item['$patch'] === undefined);
  }
  const items = new Map(
    (Array.isArray(target) ? target : []).map((item) => [itemElement(type.keys, item), item as unknown]),
  );
  for (const item of patch) {
    const element = itemElement(type.keys, item);
    if (isRecord(item) && item['$patch'] === 'delete') items.delete(element);
    else items.set(element, strategicMerge(items.get(element), item, type.item));
  }
  return [...items.values()];
}

/** Orders of elements say nothing that anybody here relies on; removals from plain lists are done. */
function mergeDirective(merged: Fields, key: string, value: unknown): void {
  const list = /^\$deleteFromPrimitiveList\/(.+)$/.exec(key)?.[1];
  if (list === undefined || !Array.isArray(value)) return;
  const items = merged[list];
  if (Array.isArray(items)) merged[list] = items.filter((item) => !value.includes(item));
}
