import { LABEL } from '../../api/names.ts';
import type { Survey } from '../fleet/survey.ts';
import { listSome, reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import { everPromoted, promotionOrder, rejection } from '../revision/revision.ts';
import type { PromotedBy, RejectedMark, Revision } from '../revision/revision.ts';
import type { Attempt } from './attempt.ts';
import type { CandidateMemory } from './memory.ts';

/** What is to become of the spec's revision. */
export type Course =
  /** It is the newest promoted revision of every cohort. */
  | { readonly kind: 'Settled' }
  /** Applied within the limits, without waves: the named exceptions to evidence or hold. */
  | { readonly kind: 'Immediate'; readonly by: Extract<PromotedBy, 'FirstRevision' | 'Revert' | 'Rolling'> }
  /** Tried wave by wave. `first`: there is no stable to go back to. */
  | {
      readonly kind: 'Candidate';
      readonly attempt: number;
      readonly memory: CandidateMemory | undefined;
      readonly first: boolean;
    }
  | { readonly kind: 'Rejected'; readonly attempt: number; readonly mark: RejectedMark | undefined }
  /** Nothing starts. `freeze`: nodes stay as they are, also those that run this candidate or an earlier one. */
  | { readonly kind: 'Hold'; readonly reason: Reason; readonly freeze: boolean };

export interface CourseInput {
  readonly hash: string;
  readonly survey: Survey;
  readonly revisions: readonly Revision[];
  readonly name: string;
  readonly namespace: string;
  /** Pods of the model that are not on their way out. */
  readonly pods: number;
  readonly attempt: Attempt;
  /** Cohorts that went back on their own and stay out. */
  readonly out: ReadonlySet<string>;
  readonly updatePolicy: 'Rollout' | 'Rolling';
  /** Undefined where no rollout governs the model. */
  readonly rollout:
    | { readonly firstRevision: 'Immediate' | 'Waves'; readonly revert: 'Immediate' | 'Waves' }
    | undefined;
}

export function chooseCourse(input: CourseInput): Course {
  const { hash, survey, revisions, attempt, rollout } = input;
  const revision = revisions.find((each) => each.hash === hash);
  const open = openCohorts(survey, hash, input.out);
  if (revision?.promoted !== undefined && everPromoted(revision) && open.length === 0)
    return { kind: 'Settled' };

  // Cohorts that were out of reach when the first revision was applied take it as their first, too.
  const noneBefore = open.every((name) =>
    survey.cohorts.get(name)?.every(({ stable }) => stable === undefined),
  );
  const first =
    !revisions.some(everPromoted) || (revision?.first === true && everPromoted(revision) && noneBefore);
  if (!revisions.some(everPromoted) && !isFirst(input)) {
    return { kind: 'Hold', reason: stableUnknown(input), freeze: true };
  }
  if (attempt.kind === 'Rejected') {
    return {
      kind: 'Rejected',
      attempt: attempt.number,
      mark:
        revision &&
        (rejection(revision, attempt.number) ??
          // Every cohort there is went back on its own.
          revision.rejected.findLast((mark) => mark.attempt === attempt.number)),
    };
  }
  if (revision !== undefined && open.length === 0 && input.out.size > 0) {
    // Every cohort there is went back on its own.
    const mark = revision.rejected.findLast(({ cohort }) => input.out.has(cohort));
    return { kind: 'Rejected', attempt: mark?.attempt ?? attempt.number, mark };
  }
  if (attempt.kind === 'Inconclusive') {
    return hold(
      'Inconclusive',
      `attempt ${attempt.number} found too little evidence and was taken back (onInconclusive: Revert); ` +
        `annotate the rollout with outrigger.dev/retry=${hash}.${attempt.number} to try again`,
      false,
    );
  }
  if (survey.eligible.length === 0) {
    return hold(
      'NoNodes',
      'no node has the labels of spec.nodeSelector; label nodes, or change the selector',
      false,
    );
  }
  if (survey.cohorts.size === 0) {
    const why =
      survey.eligible[0]?.fit.refusals.map(({ variant, message }) => `${variant}: ${message}`) ?? [];
    return hold(
      'NoVariantFits',
      `none of the ${survey.eligible.length} selected nodes can hold a variant; on ${survey.eligible[0]?.node.name}: ${listSome(why)}`,
      false,
    );
  }

  if (first && (rollout === undefined || rollout.firstRevision === 'Immediate'))
    return { kind: 'Immediate', by: 'FirstRevision' };
  // Of a cohort that took it before: one that rejected it on its own and tries again walks the waves.
  const formerly = (name: string) => revision !== undefined && promotionOrder(revision, name) > 0;
  if (
    revision?.promoted?.complete !== undefined &&
    open.every(formerly) &&
    (rollout === undefined || rollout.revert === 'Immediate')
  ) {
    return { kind: 'Immediate', by: 'Revert' };
  }
  if (input.updatePolicy === 'Rolling') return { kind: 'Immediate', by: 'Rolling' };
  if (rollout === undefined) {
    return hold(
      'NoRollout',
      'no EdgeRollout names this model, so the new revision is tried nowhere; apply one, or set updatePolicy: Rolling',
      true,
    );
  }
  return { kind: 'Candidate', attempt: attempt.number, memory: attempt.memory, first };
}

/** Cohorts in which the revision is not, or no longer, the newest promoted one. */
export function openCohorts(survey: Survey, hash: string, out: ReadonlySet<string>): string[] {
  return [...survey.cohorts]
    .filter(([name, nodes]) => !out.has(name) && nodes.some((each) => each.stable?.revision !== hash))
    .map(([name]) => name);
}

/**
 * The first revision, or its correction before anything was ever promoted. Pods without a revision (a restore
 * without status) are not a first: what they run is unknown.
 */
function isFirst({ revisions, pods }: CourseInput): boolean {
  return revisions.length === 0 ? pods === 0 : revisions.some(({ first }) => first);
}

/** What a person can do about it, as commands: nothing else ends this. */
function stableUnknown({ name, namespace, pods, revisions }: CourseInput): Reason {
  const those = `pods --namespace ${namespace} --selector ${LABEL.model}=${name}`;
  const left = [
    ...(pods > 0 ? [`${pods} pods`] : []),
    ...(revisions.length > 0 ? [`${revisions.length} ControllerRevisions`] : []),
  ].join(' and ');
  const kinds = revisions.length > 0 ? those.replace('pods', 'pods,controllerrevisions') : those;
  const beside =
    pods > 0 && revisions.length === 0
      ? `; or let them go on beside the new ones for a while: kubectl label ${those} ${LABEL.model}-`
      : '';
  return reason(
    'StableUnknown',
    `there are ${left} of a model of this name already, and no record of which version was promoted (orphaned, or ` +
      `restored without it), so nothing is touched; to start afresh: kubectl delete ${kinds}${beside}`,
  );
}

function hold(code: string, message: string, freeze: boolean): Course {
  return { kind: 'Hold', reason: reason(code, message), freeze };
}
