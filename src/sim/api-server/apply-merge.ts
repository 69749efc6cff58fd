import { type ListEntry, mergeEntries } from './apply-list.ts';
import { childrenOf } from './field-diff.ts';
import type { FieldPath } from './field-path.ts';
import { fieldOf, type FieldType, itemElement, shapeOf } from './field-type.ts';
import { type ApiObject, type Fields, isRecord, listOf } from './json.ts';

/** The live object with what the configuration says about it; neither is changed. */
export function mergeConfiguration(
  live: ApiObject | undefined,
  config: ApiObject,
  type: FieldType,
): ApiObject {
  return (live ? mergeValue(live, config, type) : structuredClone(config)) as ApiObject;
}

function mergeValue(live: unknown, config: unknown, type: FieldType): unknown {
  if (shapeOf(type, live) !== shapeOf(type, config)) return config;
  switch (shapeOf(type, config)) {
    case 'map': {
      const merged: Fields = { ...(live as Fields) };
      for (const [key, value] of Object.entries(config as Fields)) {
        merged[key] = key in merged ? mergeValue(merged[key], value, fieldOf(type, key)) : value;
      }
      return merged;
    }
    case 'list':
    case 'set':
      return mergeEntries(entriesOf(live, type), entriesOf(config, type), (mine, theirs) =>
        type.kind === 'list' ? mergeValue(mine, theirs, type.item) : theirs,
      );
    case 'atomic':
      return config;
  }
}

function entriesOf(list: unknown, type: FieldType): ListEntry[] {
  const children = childrenOf(list, type) ?? [];
  return children.map(({ element }, index) => ({ element, value: listOf(list)[index] }));
}

/** The object without these fields, and without what is left empty by that. */
export function removeFields(object: ApiObject, paths: readonly FieldPath[], type: FieldType): ApiObject {
  let result: unknown = object;
  for (const path of paths) result = removeAt(result, path.elements(), type) ?? {};
  return result as ApiObject;
}

function removeAt(value: unknown, elements: readonly string[], type: FieldType): unknown {
  const [element, ...rest] = elements;
  const children = childrenOf(value, type);
  const child = children?.find((candidate) => candidate.element === element);
  if (children === undefined || child === undefined || element === undefined) return value;
  const kept = rest.length === 0 ? undefined : removeAt(child.value, rest, child.type);
  if (kept === child.value && rest.length > 0) return value;
  if (isRecord(value)) {
    const { [element.slice(2)]: _removed, ...others } = value;
    if (kept !== undefined) return { ...others, [element.slice(2)]: kept };
    return Object.keys(others).length === 0 ? undefined : others;
  }
  const list = value as unknown[];
  const at = children.indexOf(child);
  // The keys of an item that stays are part of its identity.
  if (kept !== undefined && type.kind === 'list' && itemElement(type.keys, kept) !== element) return value;
  const next = kept === undefined ? list.toSpliced(at, 1) : list.with(at, kept);
  return next.length === 0 ? undefined : next;
}
