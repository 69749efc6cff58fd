import type { Resource } from '../../kube/resource.ts';
import { ApiStatus } from './api-status.ts';

/** One objection to one field, as the server's validation words it. */
export interface FieldError {
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

export function required(field: string, detail = ''): FieldError {
  return { field, reason: 'FieldValueRequired', message: withDetail('Required value', detail) };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  const message = withDetail(`Invalid value: ${JSON.stringify(value)}`, detail);
  return { field, reason: 'FieldValueInvalid', message };
}

export function duplicate(field: string, value: unknown): FieldError {
  const message = `Duplicate value: ${JSON.stringify(value)}`;
  return { field, reason: 'FieldValueDuplicate', message };
}

export function forbiddenField(field: string, detail: string): FieldError {
  return { field, reason: 'FieldValueForbidden', message: withDetail('Forbidden', detail) };
}

export function missingReference(field: string, value: unknown): FieldError {
  return { field, reason: 'FieldValueNotFound', message: `Not found: ${JSON.stringify(value)}` };
}

export function unsupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const names = supported.map((name) => `"${name}"`).join(', ');
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${names}`;
  return { field, reason: 'FieldValueNotSupported', message };
}

/** 422 with a cause for each field. */
export function invalidObject(of: Resource, name: string, errors: readonly FieldError[]): ApiStatus {
  const kind = of.group === '' ? of.kind : `${of.kind}.${of.group}`;
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  const all = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
  return new ApiStatus(422, 'Invalid', `${kind} "${name}" is invalid: ${all}`, {
    name,
    ...(of.group !== '' && { group: of.group }),
    kind: of.kind,
    causes: errors.map(({ field, reason, message }) => ({ reason, message, field })),
  });
}

function withDetail(message: string, detail: string): string {
  return detail === '' ? message : `${message}: ${detail}`;
}
