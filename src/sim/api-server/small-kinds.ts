import { RESOURCES } from '../../kube/resource.ts';
import { type FieldError, forbiddenField, invalid, required } from './field-error.ts';
import { type ApiObject, recordOf, sameJson } from './json.ts';
import { kind, type Kind } from './kind.ts';
import { checkMicroTime } from './time-fields.ts';

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
