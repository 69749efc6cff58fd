import { describe, expect, test } from 'vitest';

import { customResourceDefinition } from './custom-resource-definition.ts';
import { CUSTOM_RESOURCES } from './resource.ts';
import { structuralSchema } from './structural.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Every schema below a schema with its path, itself included. */
function schemas(schema: Schema, path: string): [string, Schema][] {
  const children = [
    ...Object.entries(Object(schema['properties'])).map(([key, child]) => [`${path}.${key}`, child]),
    ...['items', 'additionalProperties'].flatMap((key) => (schema[key] ? [[`${path}[]`, schema[key]]] : [])),
  ] as [string, Schema][];
  return [[path, schema], ...children.flatMap(([at, child]) => schemas(child, at))];
}

describe.each(CUSTOM_RESOURCES)('the CRD of $kind', (resource) => {
  const all = schemas(structuralSchema(resource.schema), '');

  test('has a column for each thing that people look for, and each points at a field', () => {
    const known = new Set(all.map(([path]) => path));
    known.add('.metadata.creationTimestamp');
    expect(resource.columns.filter(({ jsonPath }) => !known.has(jsonPath))).toEqual([]);
  });

  test('bounds every list, map and string that a rule may look at', () => {
    const ruled = all.filter(([, schema]) => 'x-kubernetes-validations' in schema);
    const open = ruled.filter(([, schema]) => {
      if (schema['type'] === 'string') return schema['maxLength'] === undefined;
      if (schema['type'] === 'array') return schema['maxItems'] === undefined;
      return schema['additionalProperties'] !== undefined && schema['maxProperties'] === undefined;
    });
    expect(open.map(([path]) => path)).toEqual([]);
  });

  test('says of each field of the spec what it is for', () => {
    const fields = Object.entries(
      Object(Object(Object(structuralSchema(resource.schema)['properties'])['spec'])['properties']),
    );
    const silent = fields.filter(([, schema]) => typeof Object(schema)['description'] !== 'string');
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  test('has a default nowhere but for the name of a metric, so that no upgrade changes what is stored', () => {
    const defaults = all.filter(([, schema]) => 'default' in schema).map(([path]) => path);
    expect(defaults).toEqual(resource.kind === 'EdgeModel' ? [] : ['.spec.analysis.metrics[].name']);
  });

  test('serves one version with a status of its own', () => {
    expect(customResourceDefinition(resource).spec).toMatchObject({
      scope: 'Namespaced',
      versions: [{ name: 'v1alpha1', served: true, storage: true, subresources: { status: {} } }],
    });
  });

  test('fits into the annotation of a client-side apply', () => {
    // 256 KiB is what the API server allows for all annotations of one object.
    const bytes = Buffer.byteLength(JSON.stringify(customResourceDefinition(resource)));
    expect(bytes).toBeLessThan(200 * 1024);
  });
});
