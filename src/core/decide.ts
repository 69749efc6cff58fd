import { canonicalJson } from '../api/canonical.ts';
import type { EdgeModel } from '../api/edge-model.ts';
import type { EdgeRollout } from '../api/edge-rollout.ts';
import { modelSettings } from '../api/model-settings.ts';
import { adoptActions } from './adopt/adopt-actions.ts';
import { adoption } from './adopt/adoption.ts';
import type { AdoptionStep } from './adopt/adoption.ts';
import type { Action, Decision, EventAction } from './decision.ts';
import { decideDeletion, finalizerAction } from './deletion.ts';
import { changeActions } from './change-actions.ts';
import { progressDeadline } from './fleet/targets.ts';
import { governingRollout } from './governing-rollout.ts';
import { invalidStatuses, ungoverned } from './not-governing.ts';
import { MISMATCH_TOLERANCE_MS } from './hardware/sticky-variant.ts';
import type { Observed } from './observed.ts';
import { ownObjects } from './own-objects.ts';
import { ownerActions } from './owner-actions.ts';
import { podActions } from './pod-actions.ts';
import { configMap } from './pods/config-map.ts';
import { configMapName } from './pods/serve-pod.ts';
import { serviceActions } from './service-actions.ts';
import { reason } from './reason.ts';
import { situation } from './situation.ts';
import type { Situation } from './situation.ts';
import { prunable } from './revision/history.ts';
import { revisionsDecidedOn } from './rollout/person-decisions.ts';
import { headline } from './status/headline.ts';
import type { Headline } from './status/headline.ts';
import { modelStatus } from './status/model-status.ts';
import { rolloutStatus } from './status/rollout-status.ts';
import { nextWindow } from './window/with-window.ts';
import { withChange } from './world.ts';
import type { Change, World } from './world.ts';

/** Far more steps than any one decision has; a loop that does not end would be a bug, and must not hang the others. */
const MOST_STEPS = 20;

const NOTHING: Decision = {
  needs: [],
  actions: [],
  requeueAt: undefined,
  waitsForPull: false,
  mismatched: [],
};

/**
 * All that is to be done about one model now. Pure: the same snapshot and time give the same decision, in
 * production, in the simulation and under fault injection.
 *
 * @param now ms since the epoch
 */
export function decide(everything: Observed, now: number): Decision {
  const { model } = everything;
  const others = [...invalidStatuses(everything, now), ...ungoverned(everything, now)];
  if (model === undefined) return { ...NOTHING, actions: others };
  const { own: observed, former } = ownObjects(everything, model);
  if (model.metadata.deletionTimestamp !== undefined) return decideDeletion(observed, model);
  // Alone: it moves the model's resourceVersion on, which the status write of this pass would still name.
  const finalizer = finalizerAction(model);
  if (finalizer.length > 0)
    return {
      ...NOTHING,
      actions: finalizer,
      mismatched: [...observed.mismatched.keys()],
    };

  const rollout = governingRollout(observed.rollouts);
  let world: World = {
    revisions: observed.revisions,
    memories: observed.memories.map(({ memory }) => memory),
  };
  const adopts: AdoptionStep =
    former === undefined ? adoption(observed, model, now) : { kind: 'None', nothingFound: false };
  if (adopts.kind === 'Need')
    return { ...NOTHING, needs: [adopts.need], mismatched: [...observed.mismatched.keys()] };
  if (adopts.kind === 'Take') return takeOver(observed, model, rollout, world, adopts, others, now);
  // Neither may what serves already get a second pod beside it.
  const blocked = former ?? (adopts.kind === 'Hold' ? adopts.reason : undefined);
  const changes: Change[] = [];
  let standing = situation(observed, model, rollout, world, blocked, now);
  while (standing.next.kind === 'Change' && changes.length < MOST_STEPS) {
    if (restsOn(standing.next.change, changes)) {
      return {
        ...NOTHING,
        actions: [
          ...changeActions(observed, model, world, changes),
          ...changeEvents(model, rollout, changes),
          ...others,
        ],
        requeueAt: now,
        mismatched: standing.survey.mismatched,
      };
    }
    changes.push(standing.next.change);
    world = withChange(world, standing.next.change, now);
    // What follows needs the revision's uid, which only the API server gives.
    const stop = standing.next.change.kind === 'Create';
    standing = situation(observed, model, rollout, world, blocked, now);
    if (stop) break;
  }
  if (standing.next.kind === 'Need')
    return { ...NOTHING, needs: standing.next.needs, mismatched: standing.survey.mismatched };

  const created = changes.some(({ kind }) => kind === 'Create');
  const pods =
    created || adopts.kind === 'Hold'
      ? { needs: [], actions: [], requeueAt: undefined, waitsForPull: false }
      : podActions(observed, model, standing, world.revisions, now);
  if (pods.needs.length > 0) return { ...NOTHING, needs: pods.needs, mismatched: standing.survey.mismatched };
  const head = withWaiting(headline(standing), pods.waitsForPull && observed.pulls);
  const actions: Action[] = [
    ...changeActions(observed, model, world, changes),
    ...configMapActions(observed, model, standing, world),
    ...(former === undefined ? [...ownerActions(observed, model), ...serviceActions(observed, model)] : []),
    ...statusActions(observed, model, rollout, world, standing, head, pods.actions.length > 0, now),
    ...pods.actions,
    ...eventActions(model, rollout, changes, head),
    ...(created && adopts.kind === 'None' && adopts.nothingFound ? [nothingToAdopt(model)] : []),
    ...pruning(observed, model, world, standing),
    ...others,
  ];
  const until = standing.next.kind === 'Rest' ? standing.next.until : undefined;
  return {
    needs: [],
    actions,
    requeueAt: earliest([
      adopts.kind === 'Hold' ? adopts.retryAt : undefined,
      until,
      pods.requeueAt,
      deadlineOf(standing),
      mismatchOf(observed, standing, now),
      nextWindow(standing.states),
    ]),
    waitsForPull: pods.waitsForPull,
    mismatched: standing.survey.mismatched,
  };
}

/**
 * Whether the change may be made only when those before it last. A pass writes a memory once, behind the marks that it
 * tells of; one that holds the Pass which a promotion rests on comes first, in a pass of its own: an operator that dies
 * in between would leave a promotion that nothing explains.
 */
function restsOn(change: Change, before: readonly Change[]): boolean {
  return (
    change.kind === 'Promote' &&
    before.some((each) => each.kind === 'Remember' && each.memory.revision === change.hash)
  );
}

/** A model that stands in line for pulls of others looks stuck unless it says so. */
function withWaiting(head: Headline, pulls: Observed['pulls'] | false): Headline {
  if (pulls === false || head.reason.code !== 'Updating' || (pulls.elsewhere === 0 && !pulls.ahead))
    return head;
  const message = `${head.reason.message}; the next waits for pulls of other models to end (limits.maxPrefetching)`;
  return { ...head, reason: { ...head.reason, message } };
}

/** The status first: of two operators only one gets past it, so that there is one revision 0. */
function takeOver(
  observed: Observed,
  model: EdgeModel,
  rollout: EdgeRollout | undefined,
  world: World,
  step: Extract<AdoptionStep, { kind: 'Take' }>,
  others: readonly Action[],
  now: number,
): Decision {
  const { hash, content } = step.revision;
  const what = `as ${content.version} (revision ${hash}), the stable revision that the spec is tried against`;
  const why = reason('Adopting', `${step.pods.length} pods are taken over as they run, ${what}`);
  const standing = situation(observed, model, rollout, world, why, now);
  const head = headline(standing);
  return {
    ...NOTHING,
    actions: [
      ...statusActions(observed, model, rollout, world, standing, head, true, now),
      ...adoptActions(observed, model, step, standing.settings?.cohortsBy ?? []),
      told(model, 'Adopted', `${step.pods.length} pods were taken over as they run, ${what}`),
      ...others,
    ],
    // Whether that was all is asked again before anything else begins.
    requeueAt: now,
    mismatched: standing.survey.mismatched,
  };
}

function nothingToAdopt(model: EdgeModel): EventAction {
  return told(
    model,
    'NothingToAdopt',
    'spec.adopt matched no pod on a node that the model selects, so the spec is a first revision; from now on adopt has no effect',
  );
}

function told(model: EdgeModel, code: string, note: string): EventAction {
  const regarding = { kind: 'EdgeModel', name: model.metadata.name, uid: model.metadata.uid ?? '' } as const;
  return { kind: 'Event', type: 'Normal', reason: code, note, regarding };
}

/** The next progress deadline of a pod that is starting. */
function deadlineOf({ states, settings }: Situation): number | undefined {
  const limit = progressDeadline(settings);
  return earliest(
    [...states.values()].map(({ phase, since }) =>
      phase === 'Switching' && since !== undefined ? since + limit : undefined,
    ),
  );
}

function mismatchOf(observed: Observed, { survey }: Situation, now: number): number | undefined {
  // One seen for the first time counts from now; one that was tolerated for long enough waits for nothing more.
  return earliest(
    survey.mismatched
      .map((key) => (observed.mismatched.get(key) ?? now) + MISMATCH_TOLERANCE_MS)
      .filter((at) => at > now),
  );
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Configs of every revision that a pod is to run, before the pods that mount them. */
function configMapActions(
  observed: Observed,
  model: EdgeModel,
  { states }: Situation,
  world: World,
): Action[] {
  const wanted = new Set(
    [...states.values()].flatMap(({ target }) => (target === undefined ? [] : [target.revision])),
  );
  return world.revisions
    .filter(({ hash, content }) => wanted.has(hash) && Object.keys(content.config ?? {}).length > 0)
    .filter(({ hash }) => !observed.configMaps.has(configMapName(model, hash)))
    .map((revision) => ({ kind: 'CreateConfigMap', object: configMap(model, revision) }));
}

/** A status is written where it changed, and always before a batch of pods: its resourceVersion keeps a second operator out. */
function statusActions(
  observed: Observed,
  model: EdgeModel,
  rollout: EdgeRollout | undefined,
  world: World,
  standing: Situation,
  head: Headline,
  batch: boolean,
  now: number,
): Action[] {
  const actions: Action[] = [];
  if (rollout !== undefined) {
    const memory = world.memories
      .filter(({ revision }) => revision === standing.hash)
      .toSorted((a, b) => b.attempt - a.attempt)[0];
    const status = rolloutStatus({
      observed,
      model,
      rollout,
      situation: standing,
      revisions: world.revisions,
      memory,
      headline: head,
      now,
    });
    if (batch || canonicalJson(status) !== canonicalJson(rollout.status)) {
      actions.push({
        kind: 'WriteRolloutStatus',
        name: rollout.metadata.name,
        resourceVersion: rollout.metadata.resourceVersion ?? '',
        status,
      });
    }
  }
  const status = modelStatus(model, standing, world.revisions, head, now);
  if ((batch && rollout === undefined) || canonicalJson(status) !== canonicalJson(model.status)) {
    actions.push({
      kind: 'WriteModelStatus',
      name: model.metadata.name,
      resourceVersion: model.metadata.resourceVersion ?? '',
      status,
    });
  }
  return actions;
}

/** Each change that people care about. */
function changeEvents(
  model: EdgeModel,
  rollout: EdgeRollout | undefined,
  changes: readonly Change[],
): EventAction[] {
  const about = regarding(model, rollout);
  return changes.flatMap(({ kind, event: told }) => {
    if (told === undefined) return [];
    const warns = kind === 'Reject' || /^(MemoryLost|Inconclusive|CohortSetAside)$/.test(told.code);
    const event = {
      kind: 'Event',
      type: warns ? 'Warning' : 'Normal',
      reason: told.code,
      note: told.message,
    } as const;
    return [
      ...(about.rollout === undefined ? [] : [{ ...event, regarding: about.rollout }]),
      ...(about.rollout === undefined || kind !== 'Remember' ? [{ ...event, regarding: about.model }] : []),
    ];
  });
}

function regarding(
  model: EdgeModel,
  rollout: EdgeRollout | undefined,
): {
  readonly model: EventAction['regarding'];
  readonly rollout: EventAction['regarding'] | undefined;
} {
  return {
    model: { kind: 'EdgeModel', name: model.metadata.name, uid: model.metadata.uid ?? '' },
    rollout: rollout && {
      kind: 'EdgeRollout',
      name: rollout.metadata.name,
      uid: rollout.metadata.uid ?? '',
    },
  };
}

/** The same, and the headline where its reason is another than before. */
function eventActions(
  model: EdgeModel,
  rollout: EdgeRollout | undefined,
  changes: readonly Change[],
  head: Headline,
): EventAction[] {
  const about = regarding(model, rollout);
  const events = changeEvents(model, rollout, changes);
  const told = new Set(events.map(({ reason: code }) => code));
  const quiet =
    told.has(head.reason.code) || /^(Updating|Soaking|Starting|Trying|Adopting)$/.test(head.reason.code);
  if (!quiet) {
    const event = {
      kind: 'Event',
      type: head.level === 'Ready' || head.reason.code === 'OutsideWindow' ? 'Normal' : 'Warning',
      reason: head.reason.code,
      note: head.reason.message,
    } as const;
    if (readyReason(model.status?.conditions) !== head.reason.code)
      events.push({ ...event, regarding: about.model });
    if (about.rollout !== undefined && readyReason(rollout?.status?.conditions) !== head.reason.code)
      events.push({ ...event, regarding: about.rollout });
  }
  return events;
}

function pruning(
  observed: Observed,
  model: EdgeModel,
  world: World,
  { hash, survey, states, rollout }: Situation,
): Action[] {
  const needed = new Set([
    hash,
    ...observed.pods.map(({ revision }) => revision),
    ...survey.eligible.flatMap(({ stable }) => (stable === undefined ? [] : [stable.revision])),
    ...[...states.values()].flatMap(({ target }) => (target === undefined ? [] : [target.revision])),
    // Its attempts would be counted from the first again, and a decision about the former one would hold for the new.
    ...revisionsDecidedOn(rollout?.metadata.annotations),
  ]);
  const gone = prunable(world.revisions, needed, modelSettings(model.spec).revisionHistoryLimit).filter(
    ({ uid }) => uid !== '',
  );
  return gone.flatMap((revision): Action[] => [
    ...(observed.configMaps.has(configMapName(model, revision.hash))
      ? [{ kind: 'DeleteConfigMap' as const, name: configMapName(model, revision.hash) }]
      : []),
    { kind: 'DeleteRevision', name: revision.name, uid: revision.uid },
  ]);
}

function readyReason(
  conditions: readonly { readonly type: string; readonly reason: string }[] | undefined,
): string | undefined {
  return conditions?.find(({ type }) => type === 'Ready')?.reason;
}
