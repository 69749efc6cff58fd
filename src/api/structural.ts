import { z } from 'zod';

/** A node of JSON Schema as zod writes it. */
type JsonSchema = Readonly<Record<string, unknown>>;

/** What a structural schema takes over as it is. All else that zod writes is either translated below or has no place there. */
const KEPT = [
  'description',
  'type',
  'format',
  'enum',
  'default',
  'nullable',
  'required',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'maxProperties',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
] as const;

const INT_OR_STRING = 'x-kubernetes-int-or-string';
const PRESERVE = 'x-kubernetes-preserve-unknown-fields';

/** The structural schema of a zod schema; throws where the schema says something that a CRD cannot. */
export function structuralSchema(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    cycles: 'throw',
  });
  return translate(json, '');
}

function translate(node: JsonSchema, path: string): JsonSchema {
  if (node[INT_OR_STRING] === true) return intOrString(node);
  for (const union of ['anyOf', 'oneOf', 'allOf', '$ref', 'pattern']) {
    if (union in node) {
      throw new Error(`${path === '' ? 'the root' : path} has ${union}, which no structural schema takes`);
    }
  }
  if (node['type'] === undefined && node[PRESERVE] !== true) {
    throw new Error(`${path === '' ? 'the root' : path} has no type, which a structural schema needs`);
  }
  const kept = Object.fromEntries(
    KEPT.flatMap((key) => (node[key] === undefined || isSafeBound(key, node[key]) ? [] : [[key, node[key]]])),
  );
  return { ...kept, ...children(node, path) };
}

function children(node: JsonSchema, path: string): JsonSchema {
  const { properties, additionalProperties, items } = node;
  if (isSchema(properties)) {
    return {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, child]) => [
          name,
          translate(asSchema(child), `${path}.${name}`),
        ]),
      ),
    };
  }
  if (isSchema(items)) return { items: translate(items, `${path}[]`) };
  // `{}` is what a loose object leaves; such a one preserves unknown fields instead.
  if (isSchema(additionalProperties) && node[PRESERVE] !== true) {
    return { additionalProperties: translate(additionalProperties, `${path}{}`) };
  }
  return {};
}

/** The only union that a structural schema knows. */
function intOrString(node: JsonSchema): JsonSchema {
  return Object.fromEntries(
    ['description', INT_OR_STRING, 'pattern', 'minimum', 'x-kubernetes-validations'].flatMap((key) =>
      node[key] === undefined ? [] : [[key, node[key]]],
    ),
  );
}

/** zod bounds every integer by what a double holds exactly; nobody wrote that. */
function isSafeBound(key: string, value: unknown): boolean {
  return (
    (key === 'minimum' && value === Number.MIN_SAFE_INTEGER) ||
    (key === 'maximum' && value === Number.MAX_SAFE_INTEGER)
  );
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asSchema(value: unknown): JsonSchema {
  if (!isSchema(value)) throw new Error('a property is no schema');
  return value;
}
