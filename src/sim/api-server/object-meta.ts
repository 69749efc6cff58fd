import type { ApiObject, Fields, ServerMeta } from './json.ts';
import { type FieldError, forbiddenField, invalid, required } from './field-error.ts';
import type { Kind } from './kind.ts';

const LABEL_RULE =
  "must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
export const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
export const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

export function validateMeta(
  kind: Kind,
  metadata: ServerMeta,
  previous: ServerMeta | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  if (previous === undefined) errors.push(...nameErrors(kind, metadata.name));
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    errors.push(
      ...qualifiedNameErrors('metadata.labels', key),
      ...labelValueErrors('metadata.labels', value),
    );
  }
  for (const key of Object.keys(metadata.annotations ?? {})) {
    errors.push(...qualifiedNameErrors('metadata.annotations', key.toLowerCase()));
  }
  return [...errors, ...ownerErrors(metadata), ...finalizerErrors(metadata, previous)];
}

function nameErrors(kind: Kind, name: string): FieldError[] {
  const field = 'metadata.name';
  if (name === '') return [required(field, 'name or generateName is required')];
  if (kind.nameRule !== 'subdomain') return labelErrors(field, name);
  const errors: FieldError[] = [];
  if (name.length > 253) errors.push(invalid(field, name, 'must be no more than 253 bytes'));
  if (!SUBDOMAIN.test(name)) {
    const rule =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
      "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
      `'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`;
    errors.push(invalid(field, name, rule));
  }
  return errors;
}

/** A name of one DNS label, such as a container's. */
export function labelErrors(field: string, name: string): FieldError[] {
  const errors: FieldError[] = [];
  if (name.length > 63) errors.push(invalid(field, name, 'must be no more than 63 bytes'));
  if (!LABEL.test(name)) {
    const rule = `a lowercase RFC 1123 label ${LABEL_RULE} (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`;
    errors.push(invalid(field, name, rule));
  }
  return errors;
}

function labelValueErrors(field: string, value: string): FieldError[] {
  if (value.length > 63) return [invalid(field, value, 'must be no more than 63 bytes')];
  if (LABEL_VALUE.test(value)) return [];
  const rule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
  return [invalid(field, value, rule)];
}

function qualifiedNameErrors(field: string, key: string): FieldError[] {
  const slash = key.lastIndexOf('/');
  const [prefix, name] = slash < 0 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)];
  const isGood =
    QUALIFIED.test(name) &&
    name.length <= 63 &&
    (prefix === undefined || (SUBDOMAIN.test(prefix) && prefix.length <= 253));
  if (isGood) return [];
  const rule =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
  return [invalid(field, key, rule)];
}

function ownerErrors({ ownerReferences = [] }: ServerMeta): FieldError[] {
  const errors: FieldError[] = [];
  for (const reference of ownerReferences) {
    for (const name of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (!reference[name]) errors.push(invalid(`metadata.ownerReferences.${name}`, '', 'must not be empty'));
    }
  }
  if (ownerReferences.filter(({ controller }) => controller === true).length > 1) {
    const rule = 'Only one reference can have Controller set to true.';
    errors.push(invalid('metadata.ownerReferences', ownerReferences, rule));
  }
  return errors;
}

function finalizerErrors(metadata: ServerMeta, previous: ServerMeta | undefined): FieldError[] {
  if (previous?.deletionTimestamp === undefined) return [];
  const added = (metadata.finalizers ?? []).filter((name) => previous.finalizers?.includes(name) !== true);
  if (added.length === 0) return [];
  const found = added.map((name) => `"${name}"`).join(', ');
  const rule = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${found}}`;
  return [forbiddenField('metadata.finalizers', rule)];
}

/** Fields of metadata that only the server writes: an update keeps them as they were. */
const SERVER_FIELDS = [
  'uid',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** Makes the metadata of an update that of the same object: what clients cannot set is taken from before. */
export function keepServerFields(object: ApiObject, previous: ServerMeta): void {
  const metadata: Record<string, unknown> = { ...object.metadata };
  for (const field of SERVER_FIELDS) {
    if (previous[field] === undefined) delete metadata[field];
    else metadata[field] = previous[field];
  }
  metadata['resourceVersion'] = previous.resourceVersion;
  object.metadata = normalMeta(metadata);
}

/** Empty maps and lists are not written. */
export function normalMeta(metadata: object): ServerMeta {
  const kept: Fields = { ...metadata };
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences']) {
    const value = kept[field];
    if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) delete kept[field];
  }
  return kept as unknown as ServerMeta;
}
