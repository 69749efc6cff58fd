import { apiVersion } from '../../kube/resource.ts';
import { badRequest } from './api-status.ts';
import { type ApiObject, isRecord, recordOf, type ServerMeta, textOf } from './json.ts';
import type { Kind } from './kind.ts';

/**
 * A body as the server reads it: a copy, without nulls (an absent field to it) and without what the kind does
 * not have. Errors: 400 where it is no such object, or has fields that strict validation refuses.
 */
export function decode(kind: Kind, body: unknown, fieldValidation: string | undefined): ApiObject {
  const { resource } = kind;
  const copy = withoutNulls(body);
  if (!isRecord(copy))
    throw badRequest('the object provided is unrecognized: the body must be a JSON object');
  const type = {
    kind: copy['kind'] ?? resource.kind,
    apiVersion: copy['apiVersion'] ?? apiVersion(resource),
  };
  const { version } = resource;
  if (type.kind !== resource.kind || type.apiVersion !== apiVersion(resource)) {
    throw badRequest(
      `${String(type.kind)} in version "${String(type.apiVersion)}" cannot be handled as a ${resource.kind}`,
    );
  }
  // Who owns which field is kept beside the object, and what clients say about it is not read.
  const { managedFields: _owners, selfLink: _link, ...given } = recordOf(copy['metadata']);
  const metadata: ServerMeta = { ...given, name: textOf(given['name']) };
  const object: ApiObject = { ...copy, kind: resource.kind, apiVersion: apiVersion(resource), metadata };
  const problem = typeProblem(object);
  if (problem !== undefined) {
    throw badRequest(
      `${resource.kind} in version "${version}" cannot be handled as a ${resource.kind}: ${problem}`,
    );
  }
  const unknown = kind.unknownFields(object);
  if (unknown.length > 0 && fieldValidation === 'Strict') {
    const fields = unknown.map((path) => `unknown field "${path}"`).join(', ');
    const prefix = kind.isCustom
      ? ''
      : `${resource.kind} in version "${version}" cannot be handled as a ${resource.kind}: `;
    throw badRequest(`${prefix}strict decoding error: ${fields}`);
  }
  kind.decode(object);
  return object;
}

function typeProblem({ metadata, spec, status }: ApiObject): string | undefined {
  for (const map of ['labels', 'annotations'] as const) {
    for (const [key, value] of Object.entries(metadata[map] ?? {})) {
      if (typeof value !== 'string') {
        return `json: cannot unmarshal ${jsonType(value)} into Go struct field ObjectMeta.metadata.${map} of type string (${key})`;
      }
    }
  }
  for (const [name, part] of Object.entries({ spec, status })) {
    if (part !== undefined && !isRecord(part)) return `json: cannot unmarshal ${jsonType(part)} into ${name}`;
  }
  return undefined;
}

export function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const key in value) {
    const field = value[key];
    if (field !== undefined && field !== null) copy[key] = withoutNulls(field);
  }
  return copy;
}
