import { RESOURCES } from '../../kube/resource.ts';
import { badRequest } from './api-status.ts';
import { type FieldError, forbiddenField, invalid, required } from './field-error.ts';
import { type ApiObject, recordOf, sameJson } from './json.ts';
import { kind, type Kind } from './kind.ts';

export function configMapKind(): Kind {
  return kind(RESOURCES.configMaps, {
    unknownFields: (object) => unknownAtTop(object, ['data', 'binaryData', 'immutable']),
    prepare: (object) => omitEmpty(object, ['data', 'binaryData']),
    validate(next, old) {
      if (old?.['immutable'] !== true) return [];
      const rule = 'field is immutable when `immutable` is set';
      if (next['immutable'] !== true) return [forbiddenField('immutable', rule)];
      return ['data', 'binaryData']
        .filter((field) => !sameJson(next[field], old[field]))
        .map((field) => forbiddenField(field, rule));
    },
  });
}

export function secretKind(): Kind {
  return kind(RESOURCES.secrets, {
    prepare(secret) {
      secret['type'] ??= 'Opaque';
      omitEmpty(secret, ['data']);
    },
  });
}

export function controllerRevisionKind(): Kind {
  return kind(RESOURCES.controllerRevisions, {
    validate(next, old) {
      if (next['data'] === undefined) return [required('data', 'data is mandatory')];
      if (old && !sameJson(next['data'], old['data']))
        return [invalid('data', next['data'], 'field is immutable')];
      return [];
    },
    // An int64 without omitempty.
    prepare: (next) => void (next['revision'] ??= 0),
  });
}

export function leaseKind(): Kind {
  return kind(RESOURCES.leases, {
    allowsUnconditionalUpdate: false,
    recordsOwners: false,
    decode({ spec }) {
      for (const field of ['renewTime', 'acquireTime'] as const) checkMicroTime(spec?.[field], 'Lease');
    },
    validate({ spec = {} }) {
      const errors: FieldError[] = [];
      for (const field of ['leaseDurationSeconds', 'leaseTransitions'] as const) {
        const value = spec[field];
        const least = field === 'leaseDurationSeconds' ? 1 : 0;
        if (value === undefined || Number(value) >= least) continue;
        const rule = least === 1 ? 'must be greater than 0' : 'must be greater than or equal to 0';
        errors.push(invalid(`spec.${field}`, value, rule));
      }
      return errors;
    },
  });
}

export function eventKind(): Kind {
  return kind(RESOURCES.events, {
    recordsOwners: false,
    decode(event) {
      checkMicroTime(event['eventTime'], 'Event');
      checkMicroTime(recordOf(event['series'])['lastObservedTime'], 'Event');
    },
    validate: eventErrors,
  });
}

function eventErrors(event: ApiObject, previous: ApiObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const namespace = event.metadata.namespace ?? '';
  // Events about what has no namespace live in these.
  if (!recordOf(event['regarding'])['namespace'] && namespace !== 'default' && namespace !== 'kube-system') {
    errors.push(invalid('involvedObject.namespace', '', 'does not match event.namespace'));
  }
  const count = recordOf(event['series'])['count'];
  if (event['series'] !== undefined && !(typeof count === 'number' && count >= 2)) {
    errors.push(invalid('series.count', '', 'should be at least 2'));
  }
  if (previous) return [...errors, ...eventChanges(event, previous)];
  if (event['eventTime'] === undefined) errors.push(required('eventTime'));
  const type = event['type'] ?? '';
  if (type !== 'Normal' && type !== 'Warning')
    errors.push(invalid('type', type, `has invalid value: ${String(type)}`));
  if (event['eventTime'] === undefined) return errors;
  for (const field of ['reportingController', 'reportingInstance', 'action', 'reason'] as const) {
    if (!event[field]) errors.push(required(field));
  }
  const note = event['note'];
  if (typeof note === 'string' && Buffer.byteLength(note) > 1_024) {
    errors.push(invalid('message', '', 'can have at most 1024 characters'));
  }
  return errors;
}

/** Only the count and the series of an event may change. */
function eventChanges(event: ApiObject, previous: ApiObject): FieldError[] {
  return [
    'regarding',
    'related',
    'reason',
    'action',
    'note',
    'type',
    'eventTime',
    'reportingController',
    'reportingInstance',
  ]
    .filter((field) => !sameJson(event[field], previous[field]))
    .map((field) =>
      invalid(field === 'regarding' ? 'involvedObject' : field, event[field] ?? '', 'field is immutable'),
    );
}

/** Errors: 400 for a time without its six digits of a second, which is what a MicroTime is read by. */
function checkMicroTime(value: unknown, kindName: string): void {
  if (value === undefined) return;
  const isGood =
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/.test(value);
  if (isGood) return;
  const text = `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05.000000Z07:00"`;
  throw badRequest(`${kindName} in version "v1" cannot be handled as a ${kindName}: ${text}`);
}

/** Empty maps are not written. */
function omitEmpty(object: ApiObject, fields: readonly string[]): void {
  for (const field of fields) if (Object.keys(recordOf(object[field])).length === 0) delete object[field];
}

function unknownAtTop(object: ApiObject, known: readonly string[]): string[] {
  const all = new Set(['apiVersion', 'kind', 'metadata', ...known]);
  const unknown = Object.keys(object).filter((field) => !all.has(field));
  for (const field of unknown) delete object[field];
  return unknown;
}
