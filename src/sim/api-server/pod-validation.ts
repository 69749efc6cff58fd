import {
  type FieldError,
  duplicate,
  forbiddenField,
  invalid,
  missingReference,
  required,
  unsupported,
} from './field-error.ts';
import { type ApiObject, type Fields, listOf, recordOf, sameJson, textOf } from './json.ts';
import { labelErrors } from './object-meta.ts';
import { resourceErrors } from './pod-resources.ts';

/** What v1.37 refuses a pod for, as far as a template that people write can get it wrong. */
export function podErrors(pod: ApiObject, previous: ApiObject | undefined): readonly FieldError[] {
  const spec = pod.spec ?? {};
  if (previous) return changedSpecErrors(spec, previous.spec ?? {});
  const volumes = listOf(spec['volumes']).map(recordOf);
  const names = new Set(volumes.map((volume) => textOf(volume['name'])));
  const used = new Set<string>();
  const containers = listOf(spec['containers']).map(recordOf);
  const errors: FieldError[] = [...volumeErrors(volumes)];
  if (containers.length === 0) errors.push(required('spec.containers'));
  for (const [list, some] of [
    ['containers', containers],
    ['initContainers', listOf(spec['initContainers']).map(recordOf)],
  ] as const) {
    for (const [index, container] of some.entries()) {
      errors.push(...containerErrors(container, `spec.${list}[${index}]`, names, used));
    }
  }
  errors.push(...oneOf('spec.restartPolicy', spec['restartPolicy'], ['Always', 'OnFailure', 'Never']));
  errors.push(
    ...oneOf('spec.dnsPolicy', spec['dnsPolicy'], [
      'ClusterFirstWithHostNet',
      'ClusterFirst',
      'Default',
      'None',
    ]),
  );
  return [...errors, ...tolerationErrors(spec)];
}

function containerErrors(
  container: Fields,
  field: string,
  volumes: ReadonlySet<string>,
  used: Set<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  const name = textOf(container['name']);
  if (name === '') errors.push(required(`${field}.name`));
  else errors.push(...labelErrors(`${field}.name`, name));
  if (name !== '' && used.has(name)) errors.push(duplicate(`${field}.name`, name));
  used.add(name);
  const image = textOf(container['image']);
  if (image === '') errors.push(required(`${field}.image`));
  else if (image.trim() !== image) {
    errors.push(invalid(`${field}.image`, image, 'must not have leading or trailing whitespace'));
  }
  errors.push(...portErrors(container, field));
  errors.push(...mountErrors(container, field, volumes));
  errors.push(
    ...oneOf(`${field}.imagePullPolicy`, container['imagePullPolicy'], ['Always', 'IfNotPresent', 'Never']),
  );
  return [...errors, ...resourceErrors(container, field)];
}

function portErrors(container: Fields, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<unknown>();
  for (const [index, port] of listOf(container['ports']).map(recordOf).entries()) {
    const way = `${field}.ports[${index}]`;
    const number = port['containerPort'];
    if (number === undefined) errors.push(required(`${way}.containerPort`));
    else if (typeof number !== 'number' || number < 1 || number > 65_535) {
      errors.push(invalid(`${way}.containerPort`, number, 'must be between 1 and 65535, inclusive'));
    }
    if (port['name'] === undefined) continue;
    if (names.has(port['name'])) errors.push(duplicate(`${way}.name`, port['name']));
    names.add(port['name']);
  }
  return errors;
}

function mountErrors(container: Fields, field: string, volumes: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  for (const [index, mount] of listOf(container['volumeMounts']).map(recordOf).entries()) {
    const way = `${field}.volumeMounts[${index}]`;
    const name = textOf(mount['name']);
    const path = textOf(mount['mountPath']);
    if (name === '') errors.push(required(`${way}.name`));
    else if (!volumes.has(name)) errors.push(missingReference(`${way}.name`, name));
    if (path === '') errors.push(required(`${way}.mountPath`));
    else if (paths.has(path)) errors.push(invalid(`${way}.mountPath`, path, 'must be unique'));
    paths.add(path);
  }
  return errors;
}

function volumeErrors(volumes: readonly Fields[]): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, volume] of volumes.entries()) {
    const field = `spec.volumes[${index}].name`;
    const name = textOf(volume['name']);
    if (name === '') errors.push(required(field));
    else errors.push(...labelErrors(field, name));
    if (names.has(name)) errors.push(duplicate(field, name));
    names.add(name);
  }
  return errors;
}

function tolerationErrors(spec: Fields): FieldError[] {
  return listOf(spec['tolerations']).flatMap((item, index) => {
    const { key, operator, value, effect } = recordOf(item);
    const field = `spec.tolerations[${index}]`;
    const errors: FieldError[] = [];
    if (!key && operator !== 'Exists') {
      const rule = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(invalid(`${field}.operator`, operator ?? '', rule));
    }
    if (operator === 'Exists' && value) {
      errors.push(invalid(`${field}.operator`, item, "value must be empty when `operator` is 'Exists'"));
    }
    if (effect !== undefined) {
      errors.push(...oneOf(`${field}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']));
    }
    return errors;
  });
}

function oneOf(field: string, value: unknown, supported: readonly string[]): FieldError[] {
  return typeof value === 'string' && supported.includes(value)
    ? []
    : [unsupported(field, value ?? '', supported)];
}

const MUTABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** A pod is bound once, through its own subresource, and hardly anything of it can change after that. */
function changedSpecErrors(next: Fields, previous: Fields): FieldError[] {
  if (next === previous) return [];
  const isSame = sameJson(withoutMutable(next), withoutMutable(previous));
  return isSame && keepsTolerations(next, previous) ? [] : [forbiddenField('spec', MUTABLE)];
}

function withoutMutable(spec: Fields): Fields {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...rest } = spec;
  return {
    ...rest,
    containers: withoutImages(spec['containers']),
    initContainers: withoutImages(spec['initContainers']),
  };
}

function keepsTolerations(next: Fields, previous: Fields): boolean {
  const now = listOf(next['tolerations']);
  return listOf(previous['tolerations']).every((old) => now.some((toleration) => sameJson(toleration, old)));
}

function withoutImages(list: unknown): unknown {
  return listOf(list).map((container) => ({ ...recordOf(container), image: undefined }));
}
