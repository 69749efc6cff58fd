import { edgeModel } from './edge-model.ts';
import { edgeRollout } from './edge-rollout.ts';
import { fieldErrors } from './field-error.ts';
import type { FieldError } from './field-error.ts';
import { API_VERSION } from './names.ts';
import { unknownFields } from './unknown-fields.ts';

const SCHEMAS = { EdgeModel: edgeModel, EdgeRollout: edgeRollout } as const;

/** All that `kubectl apply` would refuse in a manifest of ours, without asking an API server. Never throws. */
export function validateManifest(raw: unknown): readonly FieldError[] {
  const kind = fieldOf(raw, 'kind');
  if (fieldOf(raw, 'apiVersion') !== API_VERSION || (kind !== 'EdgeModel' && kind !== 'EdgeRollout')) {
    return [{ path: 'kind', message: `must be EdgeModel or EdgeRollout of apiVersion ${API_VERSION}` }];
  }
  const schema = SCHEMAS[kind];
  const unknown = unknownFields(schema, raw);
  const parsed = schema.safeParse(raw);
  return parsed.success ? unknown : [...fieldErrors(parsed.error, raw), ...unknown];
}

function fieldOf(raw: unknown, field: string): unknown {
  return typeof raw === 'object' && raw !== null ? Reflect.get(raw, field) : undefined;
}
