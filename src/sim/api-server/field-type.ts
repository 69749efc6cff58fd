import { isRecord } from './json.ts';

/**
 * How the fields below one point are owned and merged. Tables name only what differs from the rule: objects are
 * owned field by field, everything else as a whole.
 */
export type FieldType =
  | {
      readonly kind: 'map';
      readonly fields: Readonly<Record<string, FieldType>>;
      readonly values?: FieldType;
    }
  | { readonly kind: 'list'; readonly keys: readonly ListKey[]; readonly item: FieldType }
  | { readonly kind: 'set' }
  | { readonly kind: 'atomic' };

export interface ListKey {
  readonly name: string;
  /** What an absent key stands for. */
  readonly default?: unknown;
}

export const ATOMIC: FieldType = { kind: 'atomic' };
export const SET: FieldType = { kind: 'set' };
export const MAP: FieldType = { kind: 'map', fields: {} };

export function map(fields: Readonly<Record<string, FieldType>>): FieldType {
  return { kind: 'map', fields };
}

/** A list whose items are known by these keys; `protocol=TCP` gives a key its default. */
export function keyed(keys: string, item: FieldType = MAP): FieldType {
  const parsed = keys.split(',').map((key): ListKey => {
    const [name = '', value] = key.split('=');
    return value === undefined ? { name } : { name, default: value };
  });
  return { kind: 'list', keys: parsed, item };
}

/** The type of a field of a map. */
export function fieldOf(type: FieldType, name: string): FieldType {
  return type.kind === 'map' ? (type.fields[name] ?? type.values ?? MAP) : MAP;
}

/** What a value really is under its type: the rule for maps holds for objects only. */
export function shapeOf(type: FieldType, value: unknown): 'map' | 'list' | 'set' | 'atomic' {
  switch (type.kind) {
    case 'map':
      return isRecord(value) ? 'map' : 'atomic';
    case 'list':
    case 'set':
      return Array.isArray(value) ? type.kind : 'atomic';
    case 'atomic':
      return 'atomic';
  }
}

/** The element of a path that names an item of a keyed list. */
export function itemElement(keys: readonly ListKey[], item: unknown): string {
  const values = isRecord(item) ? item : {};
  const named = keys
    .map((key) => [key.name, values[key.name] ?? key.default] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `k:${JSON.stringify(Object.fromEntries(named))}`;
}
