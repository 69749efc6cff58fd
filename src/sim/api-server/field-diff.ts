import type { FieldPath } from './field-path.ts';
import { fieldOf, type FieldType, itemElement, shapeOf } from './field-type.ts';
import { type Fields, sameJson } from './json.ts';

/** Adds the ways to all fields that a value sets. */
export function collectFields(value: unknown, type: FieldType, path: FieldPath, into: Set<FieldPath>): void {
  const children = childrenOf(value, type);
  if (children === undefined || children.length === 0) {
    if (path.parent) into.add(path);
    return;
  }
  for (const child of children) {
    const way = path.child(child.element);
    if (child.isItem) into.add(way);
    collectFields(child.value, child.type, way, into);
  }
}

export interface FieldChanges {
  /** Set or changed. */
  readonly set: Set<FieldPath>;
  readonly removed: Set<FieldPath>;
}

/** Which fields a write changed, from `before` to `after`. */
export function collectChanges(
  before: unknown,
  after: unknown,
  type: FieldType,
  path: FieldPath,
  into: FieldChanges,
): void {
  if (before === after) return;
  const old = childrenOf(before, type);
  const now = childrenOf(after, type);
  if (old === undefined || now === undefined) {
    if (sameJson(before, after)) return;
    if (before !== undefined) collectAll(before, type, path, into.removed);
    if (after !== undefined) collectAll(after, type, path, into.set);
    for (const both of into.set) into.removed.delete(both);
    return;
  }
  const were = new Map(old.map((child) => [child.element, child]));
  for (const child of now) {
    const was = were.get(child.element);
    were.delete(child.element);
    const way = path.child(child.element);
    if (was === undefined) {
      collectAll(child.value, child.type, way, into.set);
    } else {
      collectChanges(was.value, child.value, child.type, way, into);
    }
  }
  for (const gone of were.values()) {
    const way = path.child(gone.element);
    collectAll(gone.value, gone.type, way, into.removed);
  }
}

/** What appears or goes does so as such, and not only what is in it. */
function collectAll(value: unknown, type: FieldType, path: FieldPath, into: Set<FieldPath>): void {
  const children = childrenOf(value, type);
  if (path.parent) into.add(path);
  for (const child of children ?? []) collectAll(child.value, child.type, path.child(child.element), into);
}

interface Child {
  readonly element: string;
  readonly value: unknown;
  readonly type: FieldType;
  /** Items and members exist apart from what is in them. */
  readonly isItem: boolean;
}

/** The fields or items that are owned one by one; undefined where the value is owned as a whole. */
export function childrenOf(value: unknown, type: FieldType): Child[] | undefined {
  switch (shapeOf(type, value)) {
    case 'map':
      return Object.entries(value as Fields)
        .filter(([, field]) => field !== undefined)
        .map(([name, field]) => ({
          element: `f:${name}`,
          value: field,
          type: fieldOf(type, name),
          isItem: false,
        }));
    case 'list': {
      if (type.kind !== 'list') return undefined;
      return (value as unknown[]).map((item) => ({
        element: itemElement(type.keys, item),
        value: item,
        type: type.item,
        isItem: true,
      }));
    }
    case 'set':
      return (value as unknown[]).map((item) => ({
        element: `v:${JSON.stringify(item)}`,
        value: undefined,
        type: { kind: 'atomic' } as const,
        isItem: true,
      }));
    case 'atomic':
      return undefined;
  }
}
