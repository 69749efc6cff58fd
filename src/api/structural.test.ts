import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { structuralSchema } from './structural.ts';

describe('a structural schema', () => {
  test('keeps bounds, required fields and the extensions of Kubernetes', () => {
    const schema = z.object({
      name: z.string().max(5),
      list: z.array(z.int().min(1)).max(3).meta({ 'x-kubernetes-list-type': 'atomic' }).optional(),
    });
    expect(structuralSchema(schema)).toEqual({
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string', maxLength: 5 },
        list: {
          type: 'array',
          maxItems: 3,
          'x-kubernetes-list-type': 'atomic',
          items: { type: 'integer', minimum: 1 },
        },
      },
    });
  });

  test('drops the bounds that zod gives to every integer', () => {
    expect(structuralSchema(z.int())).toEqual({ type: 'integer' });
  });

  test('has no additionalProperties beside properties', () => {
    const loose = z.looseObject({ a: z.string() }).meta({ 'x-kubernetes-preserve-unknown-fields': true });
    expect(structuralSchema(loose)).toEqual({
      type: 'object',
      required: ['a'],
      properties: { a: { type: 'string' } },
      'x-kubernetes-preserve-unknown-fields': true,
    });
    expect(structuralSchema(z.record(z.string(), z.string()))).toEqual({
      type: 'object',
      additionalProperties: { type: 'string' },
    });
  });

  test('knows one union only', () => {
    const either = z.union([z.int(), z.string()]).meta({ 'x-kubernetes-int-or-string': true });
    expect(structuralSchema(either)).toEqual({ 'x-kubernetes-int-or-string': true });
  });

  test('refuses what no CRD can say, at its place', () => {
    const union = z.object({ a: z.array(z.union([z.string(), z.boolean()])) });
    expect(() => structuralSchema(union)).toThrow('.a[] has anyOf, which no structural schema takes');
    const pattern = z.object({ a: z.string().regex(/^x$/i) });
    expect(() => structuralSchema(pattern)).toThrow('.a has pattern');
    const unknown = z.object({ a: z.unknown() });
    expect(() => structuralSchema(unknown)).toThrow('.a has no type');
  });
});
