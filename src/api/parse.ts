import type { z } from 'zod';
import { edgeModelStatus } from './edge-model-status.ts';
import { edgeModelSpec, edgeModel } from './edge-model.ts';
import type { EdgeModel } from './edge-model.ts';
import { edgeRolloutStatus } from './edge-rollout-status.ts';
import { edgeRollout } from './edge-rollout.ts';
import type { EdgeRollout } from './edge-rollout.ts';
import type { ObjectMeta } from './object-meta.ts';

/** One thing that is wrong: the field as the API server writes it (spec.waves[0].nodes) and a sentence. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

export type Parsed<T> =
  /** `ignored`: what was wrong with a stored status, which is then taken as not there. */
  | { readonly ok: true; readonly value: T; readonly ignored: readonly FieldError[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Never throws: the operator must go on whatever a cluster holds. */
export function parseEdgeModel(raw: unknown): Parsed<EdgeModel> {
  return parseObject<EdgeModel>(edgeModel.omit({ status: true }), edgeModelStatus, raw);
}

/** Never throws: the operator must go on whatever a cluster holds. */
export function parseEdgeRollout(raw: unknown): Parsed<EdgeRollout> {
  return parseObject<EdgeRollout>(edgeRollout.omit({ status: true }), edgeRolloutStatus, raw);
}

/** The spec of a revision as its ControllerRevision kept it. */
export function parseEdgeModelSpec(raw: unknown): Parsed<EdgeModel['spec']> {
  const parsed = edgeModelSpec.safeParse(raw);
  return parsed.success
    ? { ok: true, value: parsed.data, ignored: [] }
    : { ok: false, errors: fieldErrors(parsed.error, ['spec']) };
}

/** All that the schemas share of an object: its status is read on its own, so that a broken one does not hide the spec. */
function parseObject<T extends EdgeModel | EdgeRollout>(
  schema: z.ZodType<Omit<T, 'status' | 'metadata'> & { metadata: { name: string } }>,
  statusSchema: z.ZodType<NonNullable<T['status']>>,
  raw: unknown,
): Parsed<T> {
  const parsed = schema.safeParse(raw);
  if (!parsed.success) return { ok: false, errors: fieldErrors(parsed.error, []) };
  // The schema lets unknown fields of metadata through: they are the API server's, which has typed them.
  const metadata: ObjectMeta = parsed.data.metadata;
  const object = { ...parsed.data, metadata };
  const stored = statusOf(raw);
  if (stored === undefined) return { ok: true, value: object as unknown as T, ignored: [] };
  const status = statusSchema.safeParse(stored);
  return status.success
    ? { ok: true, value: { ...object, status: status.data } as unknown as T, ignored: [] }
    : { ok: true, value: object as unknown as T, ignored: fieldErrors(status.error, ['status']) };
}

function statusOf(raw: unknown): unknown {
  return typeof raw === 'object' && raw !== null && 'status' in raw ? raw.status : undefined;
}

function fieldErrors(error: z.ZodError, below: readonly PropertyKey[]): FieldError[] {
  return error.issues.map((issue) => ({
    path: fieldPath([...below, ...issue.path]),
    message: issue.message,
  }));
}

/** spec.variants[0].name, and spec.config[labels.txt] where a key is no plain word. */
export function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const key = String(part);
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `[${key}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join('');
}
