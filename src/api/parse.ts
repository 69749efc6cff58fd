import { z } from 'zod';
import { edgeModelStatus } from './edge-model-status.ts';
import { edgeModel, edgeModelSpec } from './edge-model.ts';
import type { EdgeModel, EdgeModelSpec } from './edge-model.ts';
import { edgeRolloutStatus } from './edge-rollout-status.ts';
import { edgeRollout } from './edge-rollout.ts';
import type { EdgeRollout } from './edge-rollout.ts';
import { fieldErrors } from './field-error.ts';
import type { FieldError } from './field-error.ts';

export type Parsed<T> =
  /** `ignored`: what was wrong with a stored status, which is then taken as not there. */
  | { readonly ok: true; readonly value: T; readonly ignored: readonly FieldError[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

const modelWithoutStatus = edgeModel.omit({ status: true });
const rolloutWithoutStatus = edgeRollout.omit({ status: true });
const statusHolder = z.object({ status: z.unknown().optional() });

/** Never throws: the operator must go on whatever a cluster holds. Fields that the schema does not know are dropped. */
export function parseEdgeModel(raw: unknown): Parsed<EdgeModel> {
  const parsed = modelWithoutStatus.safeParse(raw);
  if (!parsed.success) return { ok: false, errors: fieldErrors(parsed.error, raw) };
  const { status, ignored } = storedStatus(edgeModelStatus, raw);
  // The schema lets the rest of metadata through unread: the API server has typed it.
  const metadata = parsed.data.metadata as EdgeModel['metadata'];
  return { ok: true, value: { ...parsed.data, metadata, ...(status && { status }) }, ignored };
}

/** Never throws: the operator must go on whatever a cluster holds. Fields that the schema does not know are dropped. */
export function parseEdgeRollout(raw: unknown): Parsed<EdgeRollout> {
  const parsed = rolloutWithoutStatus.safeParse(raw);
  if (!parsed.success) return { ok: false, errors: fieldErrors(parsed.error, raw) };
  const { status, ignored } = storedStatus(edgeRolloutStatus, raw);
  const metadata = parsed.data.metadata as EdgeRollout['metadata'];
  return { ok: true, value: { ...parsed.data, metadata, ...(status && { status }) }, ignored };
}

/** A spec on its own, as a ControllerRevision may keep it. Never throws. */
export function parseEdgeModelSpec(raw: unknown): Parsed<EdgeModelSpec> {
  const parsed = edgeModelSpec.safeParse(raw);
  return parsed.success
    ? { ok: true, value: parsed.data, ignored: [] }
    : { ok: false, errors: fieldErrors(parsed.error, raw, ['spec']) };
}

/** The status is read on its own, so that a broken one does not hide the spec. */
function storedStatus<S extends z.ZodType>(
  schema: S,
  raw: unknown,
): { readonly status: z.output<S> | undefined; readonly ignored: readonly FieldError[] } {
  const stored = statusHolder.safeParse(raw).data?.status;
  if (stored === undefined) return { status: undefined, ignored: [] };
  const parsed = schema.safeParse(stored);
  return parsed.success
    ? { status: parsed.data, ignored: [] }
    : { status: undefined, ignored: fieldErrors(parsed.error, stored, ['status']) };
}
