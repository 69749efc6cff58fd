import type { EdgeModelSpec } from '../../api/edge-model.ts';
import { hash } from '../../api/canonical.ts';
import type { Controller } from '../views/controller-of.ts';

/**
 * What decides how pods look, as written by the user: no defaulted field is in it, so that an upgrade of the
 * operator changes no hash. Everything else of the spec (rollout policy, service, cache) may change freely
 * without touching a pod.
 */
export type RevisionContent = Pick<
  EdgeModelSpec,
  'version' | 'template' | 'variants' | 'tolerations' | 'config' | 'podLabelsFromNode'
>;

const FIELDS = ['version', 'template', 'variants', 'tolerations', 'config', 'podLabelsFromNode'] as const;

export function revisionContent(spec: EdgeModelSpec): RevisionContent {
  const content: Partial<Record<(typeof FIELDS)[number], unknown>> = {};
  for (const field of FIELDS) if (spec[field] !== undefined) content[field] = spec[field];
  return content as RevisionContent;
}

/** Ten characters of the SHA-256 of the canonical JSON. */
export function revisionHash(content: RevisionContent): string {
  return hash(content);
}

/** A stored revision: its content, and what became of it. The marks are the one home of promotion and rejection. */
export interface Revision {
  readonly name: string;
  readonly hash: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Counts up with each new revision of the model. */
  readonly ordinal: number;
  readonly createdAt: number;
  readonly controller: Controller | undefined;
  readonly content: RevisionContent;
  /** No revision of the model had ever been promoted when this one came. */
  readonly first: boolean;
  readonly promoted: PromotedMark | undefined;
  readonly rejected: readonly RejectedMark[];
}

/** How a cohort came to be promoted: by the judge, or by one of the named exceptions. */
export type PromotedBy = 'Judge' | 'FirstRevision' | 'Revert' | 'Rolling' | 'PromotedByPerson' | 'Adopted';

export interface PromotedMark {
  /** By cohort name. `order` counts promotions of the model up, so that a revert is newer than what it left. */
  readonly cohorts: Readonly<
    Record<string, { readonly order: number; readonly at: string; readonly by: PromotedBy }>
  >;
  /** Set once no cohort was left open: cohorts that appear later take the revision as well. */
  readonly complete?: { readonly order: number; readonly at: string };
}

/** `cohort` is `*` where the whole fleet went back. */
export interface RejectedMark {
  readonly attempt: number;
  readonly cohort: string;
  readonly at: string;
  readonly reason: string;
  readonly message: string;
}

/** The order of the revision's promotion for a cohort; 0 where it was never promoted there. */
export function promotionOrder(revision: Revision, cohort: string): number {
  const mark = revision.promoted;
  if (mark === undefined) return 0;
  const own = mark.cohorts[cohort]?.order ?? 0;
  const complete = mark.complete !== undefined && !rejectedIn(revision, cohort) ? mark.complete.order : 0;
  return Math.max(own, complete);
}

/** Whether the cohort was rejected on its own (failureScope Cohort) since it was promoted there, if ever: it stands outside a complete promotion. */
function rejectedIn(revision: Revision, cohort: string): boolean {
  const since = revision.promoted?.cohorts[cohort]?.at ?? '';
  return revision.rejected.some((mark) => mark.cohort === cohort && mark.at > since);
}

export function highestOrder(revisions: readonly Revision[]): number {
  let highest = 0;
  for (const { promoted } of revisions) {
    if (promoted === undefined) continue;
    highest = Math.max(highest, promoted.complete?.order ?? 0);
    for (const { order } of Object.values(promoted.cohorts)) highest = Math.max(highest, order);
  }
  return highest;
}

export function everPromoted(revision: Revision): boolean {
  return (
    revision.promoted !== undefined &&
    (revision.promoted.complete !== undefined || Object.keys(revision.promoted.cohorts).length > 0)
  );
}

/** The newest mark for an attempt that covers the cohort, or the whole fleet. */
export function rejection(revision: Revision, attempt: number, cohort?: string): RejectedMark | undefined {
  return revision.rejected.findLast(
    (mark) => mark.attempt === attempt && (mark.cohort === '*' || mark.cohort === cohort),
  );
}
