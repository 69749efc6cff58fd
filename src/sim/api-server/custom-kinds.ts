import type { z } from 'zod';
import { edgeModel } from '../../api/edge-model.ts';
import { edgeRollout } from '../../api/edge-rollout.ts';
import { parseEdgeModel, parseEdgeRollout, type Parsed } from '../../api/parse.ts';
import { unknownFields } from '../../api/unknown-fields.ts';
import { RESOURCES, type Resource } from '../../kube/resource.ts';
import { type FieldError, invalid } from './field-error.ts';
import { ATOMIC, type FieldType, keyed, map } from './field-type.ts';
import { type ApiObject, isRecord } from './json.ts';
import { kind, type Kind } from './kind.ts';
import { unknownMetaFields } from './pod-fields.ts';

type Parse = (raw: unknown) => Parsed<unknown>;

const CONDITIONS = keyed('type');

export function edgeModelKind(): Kind {
  const status = map({ conditions: CONDITIONS, variants: keyed('name'), exceptions: keyed('node') });
  const spec = map({ variants: keyed('name'), podLabelsFromNode: ATOMIC });
  return customKind(RESOURCES.edgeModels, map({ spec, status }), edgeModel, parseEdgeModel);
}

export function edgeRolloutKind(): Kind {
  const cohorts = keyed('name', map({ verdicts: keyed('metric') }));
  const status = map({ conditions: CONDITIONS, cohorts, metrics: keyed('name') });
  const spec = map({ waves: keyed('name'), analysis: map({ metrics: keyed('name') }) });
  return customKind(RESOURCES.edgeRollouts, map({ spec, status }), edgeRollout, parseEdgeRollout);
}

function customKind(resource: Resource, fieldType: FieldType, schema: z.ZodType, parse: Parse): Kind {
  return kind(resource, {
    isCustom: true,
    hasStatus: true,
    hasGeneration: true,
    allowsUnconditionalUpdate: false,
    fieldType,
    unknownFields(object) {
      const paths = unknownFields(schema, { ...object, metadata: {} }).map(({ path }) => path);
      for (const path of paths) drop(object, path);
      return [...unknownMetaFields(object), ...paths];
    },
    validate: (object, previous) => customErrors(object, previous, parse),
  });
}

/** What the zod schemas refuse, which are the source of the CRDs that a real server refuses by. */
function customErrors(object: ApiObject, previous: ApiObject | undefined, parse: Parse): FieldError[] {
  // A write that changes neither spec nor status (an annotation, a finalizer) is not held up by an old mistake.
  if (previous && previous.spec === object.spec && previous.status === object.status) return [];
  const parsed = parse(object);
  const errors = parsed.ok ? parsed.ignored : parsed.errors;
  return errors.map(({ path, message }) => invalid(path, shown(valueAt(object, stepsOf(path))), message));
}

/** The steps of a way as the API writes it: `spec.variants[0].name`, `spec.config[labels.txt]`. */
function stepsOf(path: string): string[] {
  return [...path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, key, name]) => key ?? name ?? '');
}

function valueAt(object: unknown, steps: readonly string[]): unknown {
  let value = object;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** A server shows the type of what is too large to show. */
function shown(value: unknown): unknown {
  if (Array.isArray(value)) return 'array';
  return isRecord(value) ? 'object' : (value ?? null);
}

function drop(object: ApiObject, path: string): void {
  const steps = stepsOf(path);
  const parent = valueAt(object, steps.slice(0, -1));
  if (isRecord(parent)) delete parent[steps.at(-1) ?? ''];
}
