import { LABEL, MANAGED_BY, GROUP } from '../../api/names.ts';
import type { EdgeModel } from '../../api/edge-model.ts';
import type { KubeObject } from '../../api/object-meta.ts';
import { controllerOf } from '../views/controller-of.ts';
import { time } from '../views/node-view.ts';
import { modelOwner } from '../pods/owner.ts';
import type { PromotedMark, RejectedMark, Revision, RevisionContent } from './revision.ts';

const PROMOTED = `${GROUP}/promoted`;
const REJECTED = `${GROUP}/rejected`;
const FIRST = `${GROUP}/first`;

export interface ControllerRevision extends KubeObject {
  readonly data?: unknown;
  readonly revision: number;
}

export function revisionName(model: string, hash: string): string {
  return `${model}-${hash}`;
}

export function controllerRevision(
  model: EdgeModel,
  hash: string,
  content: RevisionContent,
  ordinal: number,
  first: boolean,
): ControllerRevision {
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: revisionName(model.metadata.name, hash),
      namespace: model.metadata.namespace ?? '',
      labels: {
        [LABEL.managedBy]: MANAGED_BY,
        [LABEL.model]: model.metadata.name,
        [LABEL.revision]: hash,
        [LABEL.version]: content.version,
      },
      ...(first ? { annotations: { [FIRST]: 'true' } } : {}),
      ownerReferences: [modelOwner(model)],
    },
    data: content,
    revision: ordinal,
  };
}

/** The annotations that carry the marks, for a merge patch. */
export function markAnnotations(marks: {
  readonly promoted?: PromotedMark | undefined;
  readonly rejected?: readonly RejectedMark[] | undefined;
}): Record<string, string> {
  return {
    ...(marks.promoted === undefined ? {} : { [PROMOTED]: JSON.stringify(marks.promoted) }),
    ...(marks.rejected === undefined ? {} : { [REJECTED]: JSON.stringify(marks.rejected) }),
  };
}

/** Undefined for an object whose data is not one of ours; a mark that cannot be read counts as absent. */
export function parseRevision(raw: KubeObject): Revision | undefined {
  const object = raw as ControllerRevision;
  const hash = object.metadata.labels?.[LABEL.revision];
  const content = object.data as RevisionContent | undefined;
  if (
    hash === undefined ||
    typeof content !== 'object' ||
    content === null ||
    !Array.isArray(content.variants)
  ) {
    return undefined;
  }
  const annotations = object.metadata.annotations ?? {};
  return {
    name: object.metadata.name,
    hash,
    uid: object.metadata.uid ?? '',
    resourceVersion: object.metadata.resourceVersion ?? '',
    ordinal: object.revision,
    createdAt: time(object.metadata.creationTimestamp) ?? 0,
    controller: controllerOf(object.metadata),
    content,
    first: annotations[FIRST] === 'true',
    promoted: parsePromoted(annotations[PROMOTED]),
    rejected: parseRejected(annotations[REJECTED]),
  };
}

function parsePromoted(text: string | undefined): PromotedMark | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || !('cohorts' in value)) return undefined;
  if (typeof value.cohorts !== 'object' || value.cohorts === null) return undefined;
  return value as PromotedMark;
}

function parseRejected(text: string | undefined): readonly RejectedMark[] {
  const value = parseJson(text);
  if (!Array.isArray(value)) return [];
  return value.filter(
    (each): each is RejectedMark => typeof each?.attempt === 'number' && typeof each?.cohort === 'string',
  );
}

function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
