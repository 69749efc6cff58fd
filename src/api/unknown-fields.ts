import type { z } from 'zod';
import { fieldPath } from './field-error.ts';
import type { FieldError } from './field-error.ts';
import { structuralSchema } from './structural.ts';

type Schema = Readonly<Record<string, unknown>>;

/**
 * Fields that the API server would refuse under strict field validation (as kubectl asks for) or drop in silence.
 * Below a place that preserves unknown fields nothing is unknown.
 */
export function unknownFields(schema: z.ZodType, value: unknown): FieldError[] {
  return walk(structureOf(schema), value, []);
}

/** A schema is translated once: whoever validates one manifest often validates many. */
const translated = new WeakMap<z.ZodType, Schema>();

function structureOf(schema: z.ZodType): Schema {
  const known = translated.get(schema) ?? structuralSchema(schema);
  translated.set(schema, known);
  return known;
}

function walk(schema: Schema, value: unknown, path: readonly PropertyKey[]): FieldError[] {
  if (Array.isArray(value)) {
    const items = asSchema(schema['items']);
    return items === undefined ? [] : value.flatMap((item, index) => walk(items, item, [...path, index]));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const known = childSchema(schema, key);
    if (known !== undefined) return walk(known, child, [...path, key]);
    if (schema['x-kubernetes-preserve-unknown-fields'] === true || schema['type'] !== 'object') return [];
    return [{ path: fieldPath([...path, key]), message: `unknown field "${key}": is it misspelt?` }];
  });
}

function childSchema(schema: Schema, key: string): Schema | undefined {
  const properties = asSchema(schema['properties']);
  if (properties !== undefined && Object.hasOwn(properties, key)) return asSchema(properties[key]);
  return asSchema(schema['additionalProperties']);
}

function asSchema(value: unknown): Schema | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
