import { canonicalJson } from '../api/canonical.ts';
import type { EdgeModel } from '../api/edge-model.ts';
import type { EdgeRollout } from '../api/edge-rollout.ts';
import { modelSettings } from '../api/model-settings.ts';
import { clip } from '../api/text.ts';
import { withDefaults } from '../api/rollout-settings.ts';
import type { RolloutSettings } from '../api/rollout-settings.ts';
import { acceptance } from './acceptance.ts';
import type { Need } from './decision.ts';
import { targets } from './fleet/targets.ts';
import { survey } from './fleet/survey.ts';
import type { Survey, Surveyed } from './fleet/survey.ts';
import type { NodeState } from './node/node-state.ts';
import { DEFAULT_RESOLUTION_MS, withNoticed } from './node/noticed.ts';
import type { Observed } from './observed.ts';
import { podName } from './pods/serve-pod.ts';
import { reason } from './reason.ts';
import type { Reason } from './reason.ts';
import { revisionName } from './revision/controller-revision.ts';
import { everPromoted, revisionContent, revisionHash } from './revision/revision.ts';
import type { Revision, RevisionContent } from './revision/revision.ts';
import { advance } from './rollout/advance.ts';
import type { Advance } from './rollout/advance-outcome.ts';
import { currentAttempt, rejectedCohorts } from './rollout/attempt.ts';
import { beginCandidate, cannotBegin } from './rollout/begin.ts';
import { chooseCourse, openCohorts } from './rollout/course.ts';
import type { Course } from './rollout/course.ts';
import { immediate } from './rollout/immediate.ts';
import { personDecisions } from './rollout/person-decisions.ts';
import { recoverCandidate } from './rollout/recover.ts';
import type { Change, World } from './world.ts';

/**
 * A commit often brings a new version and the waves that it is to be tried by, and a sync applies one after the
 * other. The waves of a candidate are frozen when it begins, so it waits a moment for them.
 */
const SETTLE_MS = 3_000;

/** Where a model stands at one moment, and the one step that comes next. */
export interface Situation {
  readonly hash: string;
  readonly content: RevisionContent;
  readonly rollout: EdgeRollout | undefined;
  readonly settings: RolloutSettings | undefined;
  readonly survey: Survey;
  readonly course: Course;
  readonly accepted: Reason | undefined | 'Accepted';
  /** By node name, eligible nodes only. */
  readonly states: ReadonlyMap<string, NodeState>;
  /** What the candidate waits for, where one is under way. */
  readonly waiting: Extract<Advance, { kind: 'Wait' }> | undefined;
  readonly next:
    | { readonly kind: 'Change'; readonly change: Change }
    | { readonly kind: 'Need'; readonly needs: readonly Need[] }
    /** Decided: nothing more to change in what is remembered. */
    | { readonly kind: 'Rest'; readonly until: number | undefined };
}

export function situation(
  observed: Observed,
  model: EdgeModel,
  rollout: EdgeRollout | undefined,
  world: World,
  /** Why nothing may start at all. */
  former: Reason | undefined,
  now: number,
): Situation {
  const content = revisionContent(model.spec);
  const hash = revisionHash(content);
  const revision = world.revisions.find((each) => each.hash === hash);
  const settings = rollout && withDefaults(rollout.spec);
  const decisions = personDecisions(rollout?.metadata.annotations);
  const underWay = world.memories.find((each) => each.revision === hash && each.ended === undefined);
  const surveyed = survey(
    {
      revision: hash,
      content,
      nodeSelector: model.spec.nodeSelector,
      // Frozen with the waves: the nodes of a candidate are written down by cohort.
      cohortsBy: underWay?.cohortsBy ?? settings?.cohortsBy ?? [],
      nodes: withNoticed(
        observed.nodes,
        observed.records,
        settings?.analysis.resolutionMs ?? DEFAULT_RESOLUTION_MS,
        now,
      ),
      pods: observed.pods,
      revisions: world.revisions,
      mismatchedSince: observed.mismatched,
    },
    now,
  );
  const memories = world.memories.filter((memory) => memory.revision === hash);
  const attempt = currentAttempt(revision, memories, decisions, hash);
  const out = rejectedCohorts(revision, attempt, decisions, hash);
  const acceptedOrNot =
    revision === undefined
      ? acceptance(observed, model, hash, content, surveyed, now)
      : ({ kind: 'Accepted' } as const);
  const chosen = chooseCourse({
    hash,
    survey: surveyed,
    revisions: world.revisions,
    name: observed.name,
    namespace: observed.namespace,
    pods: standingPods(observed),
    attempt,
    out,
    updatePolicy: modelSettings(model.spec).updatePolicy,
    rollout: settings,
  });
  const settlesAt =
    chosen.kind === 'Candidate' && chosen.memory === undefined ? settling(revision, now) : undefined;
  const pending =
    former ??
    (acceptedOrNot.kind === 'Need'
      ? reason('Trying', 'the API server is asked whether it takes the pods of this revision')
      : acceptedOrNot.kind === 'Hold'
        ? acceptedOrNot.reason
        : settlesAt === undefined
          ? undefined
          : reason('Starting', `${content.version} (revision ${hash}) starts in a moment`));
  const course: Course = pending === undefined ? chosen : { kind: 'Hold', reason: pending, freeze: true };
  const states = targets({
    observed,
    model,
    settings,
    survey: surveyed,
    course,
    hash,
    out,
    revisions: world.revisions,
    now,
  });
  const base = {
    hash,
    content,
    rollout,
    settings,
    survey: surveyed,
    course,
    states,
    accepted:
      acceptedOrNot.kind === 'Accepted'
        ? 'Accepted'
        : acceptedOrNot.kind === 'Need'
          ? undefined
          : acceptedOrNot.reason,
    waiting: undefined,
  } as const;
  const change = (next: Change): Situation => ({ ...base, next: { kind: 'Change', change: next } });
  const rest = (until?: number): Situation => ({ ...base, next: { kind: 'Rest', until } });

  if (former !== undefined) return rest();
  if (acceptedOrNot.kind === 'Need') return { ...base, next: { kind: 'Need', needs: [acceptedOrNot.need] } };
  if (acceptedOrNot.kind === 'Hold') return rest(acceptedOrNot.retryAt);
  // Written down, it would be a revision that is not the first, and no way back once the pods are gone.
  if (revision === undefined && chosen.kind === 'Hold' && chosen.reason.code === 'StableUnknown')
    return rest();
  const superseded = world.memories.find((memory) => memory.revision !== hash && memory.ended === undefined);
  if (superseded !== undefined) return change(ended(superseded, 'Superseded', now));
  if (revision === undefined) return change(created(observed, model, hash, content, world));

  const memory =
    attempt.kind === 'Open' ? attempt.memory : memories.find((each) => each.attempt === attempt.number);
  switch (course.kind) {
    case 'Settled': {
      if (memory !== undefined && memory.ended === undefined) return change(ended(memory, 'Promoted', now));
      if (revision.promoted?.complete === undefined && out.size === 0) {
        return change({ kind: 'Promote', hash, cohorts: [], complete: true, by: 'Judge' });
      }
      return rest();
    }
    case 'Rejected':
      return memory !== undefined && memory.ended === undefined
        ? change(ended(memory, 'Rejected', now))
        : rest();
    case 'Hold':
      return rest(settlesAt);
    case 'Immediate': {
      if (settings?.paused === true)
        return held(
          base,
          reason('Paused', 'spec.paused is set; what has begun is finished, and no other node starts'),
          'Paused',
        );
      const step = immediate({
        hash,
        version: content.version,
        survey: surveyed,
        open: openCohorts(surveyed, hash, out),
        states,
        settings,
        by: course.by,
        attempt: attempt.number,
        now,
      });
      if (step.kind === 'Change') return change(step.change);
      return { ...base, waiting: step.waiting, next: { kind: 'Rest', until: undefined } };
    }
    case 'Candidate': {
      if (rollout === undefined || settings === undefined) return rest();
      if (course.memory === undefined) {
        const input = {
          hash,
          attempt: course.attempt,
          version: content.version,
          survey: surveyed,
          rolloutName: rollout.metadata.name,
          settings,
          queries: observed.queries,
          prometheusAddress: rollout.spec.prometheus?.address ?? observed.settings.prometheusAddress,
          entropy: observed.entropy,
          promoted: new Set(world.revisions.filter(everPromoted).map((each) => each.hash)),
          now,
        };
        const lost = recoverCandidate(input, rollout.status, surveyed);
        if (lost !== undefined)
          return change({
            kind: 'Remember',
            memory: lost,
            event: reason(
              'MemoryLost',
              `the record of attempt ${course.attempt} was gone; it goes on with the nodes that run it, and the exact test is off for this wave`,
            ),
          });
        const hindrance = cannotBegin(input);
        if (hindrance !== undefined) return held(base, hindrance);
        if (settings.paused)
          return held(base, reason('Paused', 'spec.paused is set; the candidate has not started'), 'Paused');
        return change({
          kind: 'Remember',
          memory: beginCandidate(input),
          event: reason(
            'CandidateStarted',
            `attempt ${course.attempt} of ${content.version} (revision ${hash}) starts in ${surveyed.cohorts.size} cohorts`,
          ),
        });
      }
      const open = new Map(
        openCohorts(surveyed, hash, out).map((name) => [name, surveyed.cohorts.get(name) ?? []]),
      );
      const step = advance({
        memory: course.memory,
        settings,
        first: course.first,
        prometheus: rollout.spec.prometheus,
        decisions,
        open,
        states,
        evidence: observed.evidence,
        taken: observed.taken,
        stablePod: stablePods(model, open),
        rolloutName: rollout.metadata.name,
        namespace: observed.namespace,
        now,
      });
      switch (step.kind) {
        case 'Need':
          return { ...base, next: { kind: 'Need', needs: step.needs } };
        case 'Remember':
          return change({ kind: 'Remember', memory: step.memory, event: step.event });
        case 'Promote': {
          const complete = [...open.keys()].every((cohort) => step.cohorts.includes(cohort));
          return change({
            kind: 'Promote',
            hash,
            cohorts: step.cohorts,
            complete,
            by: step.by,
            event: reason(
              'Promoted',
              `${content.version} (revision ${hash}) is promoted in ${complete ? 'every cohort' : step.cohorts.join(', ')}`,
            ),
          });
        }
        case 'Reject':
          return change({
            kind: 'Reject',
            hash,
            mark: {
              attempt: course.memory.attempt,
              cohort: step.cohort,
              at: new Date(now).toISOString(),
              reason: step.reason.code,
              message: clip(step.reason.message),
            },
            event: reason(
              step.reason.code,
              `${content.version} (revision ${hash}, attempt ${course.memory.attempt}) is rejected${step.cohort === '*' ? '' : ` in cohort ${step.cohort}`}: ${step.reason.message}; correct the spec, or annotate the rollout with outrigger.dev/retry=${hash}.${course.memory.attempt} to try it again`,
            ),
          });
        case 'Wait':
          return { ...base, waiting: step, next: { kind: 'Rest', until: step.until } };
      }
    }
  }
}

/** The name of stable's pod by node, whether it is still there or not. */
function stablePods(
  model: EdgeModel,
  open: ReadonlyMap<string, readonly Surveyed[]>,
): (node: string) => string | undefined {
  let byNode: ReadonlyMap<string, Surveyed> | undefined;
  return (node) => {
    byNode ??= new Map([...open.values()].flat().map((each) => [each.node.name, each]));
    const stable = byNode.get(node)?.stable;
    return stable && podName('serve', model, stable.revision, stable.variant.name, node);
  };
}

/** Until when a new revision waits; undefined where it need not, also where the API server's clock is far ahead of ours. */
function settling(revision: Revision | undefined, now: number): number | undefined {
  const at = (revision?.createdAt ?? 0) + SETTLE_MS;
  return now < at && at - now <= SETTLE_MS ? at : undefined;
}

function held(
  base: Omit<Situation, 'next'>,
  why: Reason,
  phase: 'Holding' | 'Paused' = 'Holding',
): Situation {
  return {
    ...base,
    waiting: { kind: 'Wait', phase, reason: why, until: undefined, cohorts: new Map(), verdicts: [] },
    next: { kind: 'Rest', until: undefined },
  };
}

function ended(
  memory: World['memories'][number],
  how: 'Promoted' | 'Rejected' | 'Superseded',
  now: number,
): Change {
  return { kind: 'Remember', memory: { ...memory, ended: { at: new Date(now).toISOString(), how } } };
}

/** What is on its way out is no sign of what served before. */
function standingPods({ pods }: Observed): number {
  return pods.filter(({ deleting }) => !deleting).length;
}

function created(
  observed: Observed,
  model: EdgeModel,
  hash: string,
  content: RevisionContent,
  world: World,
): Change {
  const none = world.revisions.length === 0 && standingPods(observed) === 0;
  const stillFirst = !world.revisions.some(everPromoted) && world.revisions.some(({ first }) => first);
  const revision: Revision = {
    name: revisionName(model.metadata.name, hash),
    hash,
    uid: '',
    resourceVersion: '',
    ordinal: Math.max(0, ...world.revisions.map(({ ordinal }) => ordinal)) + 1,
    createdAt: 0,
    controller: undefined,
    // Through JSON, so that what is remembered in this pass is what the next pass reads.
    content: JSON.parse(canonicalJson(content)) as RevisionContent,
    first: none || stillFirst,
    promoted: undefined,
    rejected: [],
  };
  return {
    kind: 'Create',
    revision,
    event: reason('RevisionCreated', `version ${content.version} is revision ${hash}`),
  };
}
