import { parseEdgeModel, parseEdgeRollout, type Parsed } from '../../api/parse.ts';
import { RESOURCES, type Resource } from '../../kube/resource.ts';
import { ATOMIC, type FieldType, keyed, map } from './field-type.ts';
import { type FieldError, invalid } from './field-error.ts';
import type { ApiObject } from './json.ts';
import { kind, type Kind } from './kind.ts';

const CONDITIONS = keyed('type');

export function edgeModelKind(): Kind {
  const status = map({ conditions: CONDITIONS, variants: keyed('name'), exceptions: keyed('node') });
  const spec = map({ variants: keyed('name'), podLabelsFromNode: ATOMIC });
  return customKind(RESOURCES.edgeModels, map({ spec, status }), parseEdgeModel);
}

export function edgeRolloutKind(): Kind {
  const cohorts = keyed('name', map({ verdicts: keyed('metric') }));
  const status = map({ conditions: CONDITIONS, cohorts, metrics: keyed('name') });
  const spec = map({ waves: keyed('name'), analysis: map({ metrics: keyed('name') }) });
  return customKind(RESOURCES.edgeRollouts, map({ spec, status }), parseEdgeRollout);
}

function customKind(
  resource: Resource,
  fieldType: FieldType,
  parse: (raw: unknown) => Parsed<unknown>,
): Kind {
  return kind(resource, {
    isCustom: true,
    hasStatus: true,
    hasGeneration: true,
    allowsUnconditionalUpdate: false,
    fieldType,
    validate: (object, previous) => customErrors(object, previous, parse),
  });
}

/** What the zod schemas refuse, which are the source of the CRDs that a real server refuses by. */
function customErrors(
  object: ApiObject,
  previous: ApiObject | undefined,
  parse: (raw: unknown) => Parsed<unknown>,
): FieldError[] {
  // A write that changes neither spec nor status (an annotation, a finalizer) is not held up by an old mistake.
  if (previous && previous.spec === object.spec && previous.status === object.status) return [];
  const parsed = parse(object);
  const errors = parsed.ok ? parsed.ignored : parsed.errors;
  return errors.map(({ path, message }) => invalid(path, valueAt(object, path), message));
}

function valueAt(object: ApiObject, path: string): unknown {
  let value: unknown = object;
  for (const step of path.match(/[^.[\]]+/g) ?? []) {
    if (typeof value !== 'object' || value === null) return null;
    value = (value as Record<string, unknown>)[step];
  }
  return typeof value === 'object' ? {} : value;
}
