import { childrenOf, type FieldChanges } from './field-diff.ts';
import type { FieldPath } from './field-path.ts';
import { fieldOf, type FieldType, itemElement, shapeOf } from './field-type.ts';
import { type ApiObject, type Fields, isRecord } from './json.ts';

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
      return type.kind === 'list' ? mergeList(live as unknown[], config as unknown[], type) : config;
    case 'set': {
      const known = new Set(live as unknown[]);
      return [...known, ...(config as unknown[]).filter((item) => !known.has(item))];
    }
    case 'atomic':
      return config;
  }
}

/** Items keep their place; new ones come last. */
function mergeList(
  live: readonly unknown[],
  config: readonly unknown[],
  type: FieldType & { kind: 'list' },
): unknown[] {
  const applied = new Map(config.map((item) => [itemElement(type.keys, item), item]));
  const merged = live.map((item) => {
    const element = itemElement(type.keys, item);
    const said = applied.get(element);
    applied.delete(element);
    return said === undefined ? item : mergeValue(item, said, type.item);
  });
  return [...merged, ...applied.values()];
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

/** The fields that an apply gave another value: what it only took away is nobody's to lose. */
export function changesPaths(changes: FieldChanges, fields: ReadonlySet<FieldPath>): ReadonlySet<FieldPath> {
  return new Set([...changes.set].filter((path) => fields.has(path)));
}
