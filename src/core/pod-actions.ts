import { ROLLOUT_DEFAULTS } from '../api/defaults.ts';
import type { EdgeModel } from '../api/edge-model.ts';
import { shortHash } from '../api/canonical.ts';
import { resolveCount } from '../api/fraction.ts';
import type { Action, LeaseNeed } from './decision.ts';
import { pullPauses } from './fleet/pull-pause.ts';
import { allot } from './node/allot.ts';
import { failsToPull, PATIENCE_MS, taintedUntil, takesPlace } from './node/fetching.ts';
import { isGoingBack } from './node/going-back.ts';
import type { NodeState, Want } from './node/node-state.ts';
import { DEFAULT_RESOLUTION_MS, steadyAt } from './node/noticed.ts';
import { isReachable } from './node/reachability.ts';
import { disturbs, SignsOfLife } from './node/signs-of-life.ts';
import { podCondition } from './node/pod-condition.ts';
import { fetchKey, triedAgainAt } from './node/unfetched.ts';
import type { Observed } from './observed.ts';
import { podWanted } from './pods/pod-wanted.ts';
import { prefetchPod } from './pods/prefetch-pod.ts';
import { servePod } from './pods/serve-pod.ts';
import type { PodFor } from './pods/serve-pod.ts';
import type { Revision } from './revision/revision.ts';
import { rosterOf } from './rollout/memory.ts';
import type { Situation } from './situation.ts';
import type { PodView } from './views/pod-view.ts';

const BACKOFF_FROM_MS = 10_000;
const BACKOFF_TO_MS = 5 * 60_000;

/**
 * A place for each pull bounds how many there are at a time, not how many begin: a rollout that allows hundreds
 * would ask the registry for all of them in one second. More than most fleets ever begin at once.
 */
const MOST_STARTS = 50;
const STARTS_WITHIN_MS = 2_000;

/** Why a pod goes that comes again. */
type Again = Partial<Pick<Extract<Action, { kind: 'DeletePod' }>, 'remake' | 'unfetched'>>;

export interface PodActions {
  /** Not empty: nothing is to be done before these are answered. */
  readonly needs: readonly LeaseNeed[];
  readonly actions: readonly Extract<Action, { kind: 'CreatePod' | 'DeletePod' }>[];
  readonly requeueAt: number | undefined;
  /** A pull waits for the end of others, also of other models. */
  readonly waitsForPull: boolean;
}

/** What is done to pods now, within the limits; deterministic, so that a second operator would do the same. */
export function podActions(
  observed: Observed,
  model: EdgeModel,
  situation: Situation,
  revisions: readonly Revision[],
  now: number,
): PodActions {
  const actions: Extract<Action, { kind: 'CreatePod' | 'DeletePod' }>[] = [];
  const later: number[] = [];
  const remove = (pod: PodView, again: Again = {}) => {
    const { name, uid, node } = pod;
    actions.push({ kind: 'DeletePod', name, uid, node, remake: false, ...again });
  };
  const alive = new SignsOfLife(observed, now);
  const mayRemove = (node: string, pods: readonly PodView[]) => !pods.some(servesIn) || alive.has(node);
  for (const { node, pods } of situation.survey.leaving) {
    const there = pods.filter(({ deleting }) => !deleting);
    if (isReachable(node) && mayRemove(node.name, there)) for (const pod of there) remove(pod);
  }

  const order = inOrder(observed, model, situation, revisions);
  for (const { node, leftovers } of order) {
    alive.follow(node.name);
    if (mayRemove(node.name, leftovers)) for (const pod of leftovers) remove(pod);
  }

  const limits = situation.settings?.limits ?? ROLLOUT_DEFAULTS.limits;
  const max = Math.min(
    Math.max(1, resolveCount(limits.maxPrefetching, order.length)),
    observed.settings.maxPrefetching ?? Number.POSITIVE_INFINITY,
  );
  const pausedUntil = pullPauses(observed, situation.states, max, now);
  const isUrgent = (state: NodeState) => isOutage(state) || isGoingBack(state, revisions);
  const due = order.map((state) => {
    const { wants } = state;
    const at = Math.max(
      wants === undefined ? now : notBefore(observed, model, situation, state, wants, revisions),
      isPull(wants) && !isUrgent(state) ? (pausedUntil.get(keyOf(state)) ?? 0) : 0,
    );
    const over = at <= now && wants !== undefined && disturbs(state, wants);
    if (at > now) later.push(at);
    else if (!over || alive.passedOverUntil(state.node.name) === undefined) return state;
    return { ...state, wants: undefined };
  });
  const reachable = new Set(order.filter(({ phase }) => phase !== 'Offline').map(({ node }) => node.name));
  const { granted, waitsFor } = allot(due, {
    maxUnavailable: (nodes: number) => Math.max(1, resolveCount(limits.maxUnavailable, nodes)),
    pulls: {
      max,
      own: observed.pods.filter((pod) => reachable.has(pod.node) && takesPlace(pod, now)).length,
      ...observed.pulls,
      starts: MOST_STARTS - justBegun(observed, now),
      isUrgent,
    },
  });
  if (waitsFor === 'Start') later.push(now + STARTS_WITHIN_MS);
  // Nothing tells when such a place is free again.
  if (waitsFor === 'Place')
    later.push(...observed.pods.map((pod) => taintedUntil(pod) ?? 0).filter((at) => at > now));
  for (const { state, want } of granted) {
    if (disturbs(state, want) && !alive.has(state.node.name)) continue;
    switch (want.kind) {
      case 'CreateServe':
      case 'CreatePrefetch': {
        const of = podFor(model, state);
        if (of === undefined) break;
        const pod =
          want.kind === 'CreateServe' ? servePod(of) : prefetchPod(of, observed.settings.pauseImage);
        actions.push({ kind: 'CreatePod', pod, node: state.node.name });
        break;
      }
      case 'Switch':
        for (const pod of want.pods) remove(pod);
        break;
      case 'Remake':
        remove(want.pod, { remake: true });
        break;
    }
  }
  if (alive.ask.length > 0)
    return {
      needs: [{ kind: 'Leases', nodes: alive.ask }],
      actions: [],
      requeueAt: undefined,
      waitsForPull: false,
    };
  if (alive.later !== undefined) later.push(alive.later);
  later.push(...[...situation.states.values()].flatMap(unsteadyUntil));
  if (waitsFor === 'Place' || observed.pulls.ahead) {
    for (const pod of failingPulls(observed, order)) {
      const ripeAt = pod.createdAt + PATIENCE_MS;
      if (ripeAt > now) later.push(ripeAt);
      else remove(pod, { unfetched: { of: fetchKey(pod), since: pod.createdAt, message: troubleOf(pod) } });
    }
  }
  return {
    needs: [],
    actions,
    requeueAt: later.length > 0 ? Math.min(...later) : undefined,
    waitsForPull: waitsFor === 'Place',
  };
}

function servesIn({ role, ready }: PodView): boolean {
  return role === 'serve' && ready;
}

function unsteadyUntil({ node, reason }: NodeState): readonly number[] {
  return reason?.code === 'NodeUnsteady' ? [node.noticed?.unsteadyUntil ?? []].flat() : [];
}

function isPull(want: Want | undefined): boolean {
  return want?.kind === 'CreatePrefetch' || (want?.kind === 'CreateServe' && !want.fetched);
}

/** Pods are there and none serves: what is to replace them does not stand in line behind other models. */
function isOutage({ wants, serving }: NodeState): boolean {
  return wants?.kind === 'CreateServe' && wants.beside && serving === undefined;
}

/** Pods of the last moment, by the API server's clock; one that is far from ours tells nothing. */
function justBegun({ pods }: Observed, now: number): number {
  return pods.filter(({ createdAt }) => Math.abs(now - createdAt) < STARTS_WITHIN_MS).length;
}

/** Pods that wait for an image which does not come, each the next step of its node; those that are of no more use go anyway. */
function failingPulls({ pods }: Observed, order: readonly NodeState[]): PodView[] {
  const leftovers = new Set(order.flatMap((state) => state.leftovers));
  const reachable = new Set(order.filter(({ phase }) => phase !== 'Offline').map(({ node }) => node.name));
  return pods.filter((pod) => reachable.has(pod.node) && failsToPull(pod) && !leftovers.has(pod));
}

function troubleOf(pod: PodView): string {
  const condition = podCondition(pod);
  return condition.kind === 'Fetching' ? (condition.trouble?.message ?? '') : '';
}

function keyOf({ target }: NodeState): string {
  return target === undefined ? '' : fetchKey({ revision: target.revision, variant: target.variant.name });
}

function podFor(model: EdgeModel, { target, node }: NodeState): PodFor | undefined {
  return (
    target && {
      model,
      revision: target.revision,
      content: target.content,
      variant: target.variant,
      cohort: target.cohort,
      node,
    }
  );
}

/**
 * Those that go back first, then the waves in the order of their draw, then the rest in one that mixes sites:
 * neighbours by name share an uplink. Last, those whose image did not come: others may fare better.
 */
function inOrder(
  observed: Observed,
  model: EdgeModel,
  situation: Situation,
  revisions: readonly Revision[],
): NodeState[] {
  const { course } = situation;
  const drawn =
    course.kind === 'Candidate' && course.memory !== undefined
      ? [...rosterOf(course.memory).values()].flatMap((roster) => [...roster])
      : [];
  const place = new Map(drawn.map((name, index) => [name, index + 1]));
  const rank = (state: NodeState) => {
    if (isGoingBack(state, revisions)) return 0;
    // Of a name for each node that wants a pod only where there is one to be found by it.
    const wanted = observed.unfetched.size === 0 ? undefined : podWanted(model, state);
    const failures = observed.unfetched.get(wanted ?? '')?.count ?? 0;
    return failures > 0 ? drawn.length + 1 + failures : (place.get(state.node.name) ?? drawn.length + 1);
  };
  // Of a fleet at rest nobody asks for a turn, and a hash for each of ten thousand nodes in each pass is not free.
  const mixed = ({ wants, node }: NodeState) =>
    wants === undefined ? node.name : shortHash([situation.hash, node.name], 13);
  return [...situation.states.values()]
    .map((state) => ({ state, rank: rank(state), mixed: mixed(state) }))
    .toSorted((a, b) => a.rank - b.rank || (a.mixed < b.mixed ? -1 : 1))
    .map(({ state }) => state);
}

/** The earliest time for a node's next step, ms; 0 for at once. */
function notBefore(
  observed: Observed,
  model: EdgeModel,
  situation: Situation,
  state: NodeState,
  want: Want,
  revisions: readonly Revision[],
): number {
  switch (want.kind) {
    case 'Remake': {
      const remade = observed.remade.get(want.pod.name);
      return remade === undefined ? 0 : remade.at + backoff(remade.count);
    }
    case 'CreateServe':
    case 'CreatePrefetch': {
      const name = podWanted(model, state) ?? '';
      const refused = observed.refusedPods.get(name);
      const unfetched = observed.unfetched.get(name);
      return Math.max(
        refused === undefined ? 0 : refused.at + backoff(refused.count),
        unfetched === undefined ? 0 : triedAgainAt(name, unfetched),
        settled(situation, state, revisions),
      );
    }
    case 'Switch':
      return settled(situation, state, revisions);
  }
}

function settled(situation: Situation, state: NodeState, revisions: readonly Revision[]): number {
  // What stands there counts, not what is Ready: in its first moment back a node is Ready before its pods are.
  if (state.standing === undefined || isGoingBack(state, revisions)) return 0;
  return steadyAt(state.node, situation.settings?.analysis.resolutionMs ?? DEFAULT_RESOLUTION_MS);
}

function backoff(count: number): number {
  return Math.min(BACKOFF_TO_MS, BACKOFF_FROM_MS * 2 ** Math.max(0, count - 1));
}
