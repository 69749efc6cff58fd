import type { Variant } from '../../api/variant.ts';
import { formatDuration } from '../../api/duration.ts';
import { reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { Strategy } from '../pods/update-strategy.ts';
import type { RevisionContent } from '../revision/revision.ts';
import type { NodeView } from '../views/node-view.ts';
import type { PodView } from '../views/pod-view.ts';
import { failsToPull } from './fetching.ts';
import { podCondition } from './pod-condition.ts';
import type { PodCondition } from './pod-condition.ts';
import { isReachable } from './reachability.ts';

/** What a node is to run. */
export interface Target {
  readonly revision: string;
  readonly content: RevisionContent;
  readonly variant: Variant;
  readonly cohort: string;
  readonly strategy: Strategy;
  /** Why that strategy, for people. */
  readonly strategyWhy: string;
  /** `updateStrategy: Auto`: the scheduler's Unschedulable is taken as the answer, Replace. */
  readonly mayReplace: boolean;
}

/** One node's way towards its target; see section 5 of the design. */
export type NodePhase =
  | 'Offline'
  | 'SetAside'
  | 'Incompatible'
  | 'Waiting'
  | 'Prefetching'
  | 'Switching'
  | 'Serving'
  | 'Failed'
  | 'Leaving';

/** The next step that the node wants; whether it may take it now is decided over all nodes. */
export type Want =
  /** `beside`: another pod is on the node; `fetched`: all that it needs is there, so that it costs no pull. */
  | { readonly kind: 'CreateServe'; readonly beside: boolean; readonly fetched: boolean }
  | { readonly kind: 'CreatePrefetch' }
  /** Takes the old pod away so that the new one, already fetched, can have its place. */
  | { readonly kind: 'Switch'; readonly pods: readonly PodView[]; readonly interrupts: boolean }
  /** Makes an ended pod again; free, because nothing serves. */
  | { readonly kind: 'Remake'; readonly pod: PodView };

export interface NodeState {
  readonly node: NodeView;
  readonly target: Target | undefined;
  readonly phase: NodePhase;
  readonly reason: Reason | undefined;
  /** Ms; when the phase's own clock began: first start for Switching, first Ready for Serving. */
  readonly since: number | undefined;
  /** A pod on the node is Ready, of whatever revision. */
  readonly serving: PodView | undefined;
  /** That pod; where none is Ready, one that will be again by itself, as after an outage of the node. */
  readonly standing: PodView | undefined;
  /** The pod of the target, in whatever state. */
  readonly targetPod: PodView | undefined;
  readonly wants: Want | undefined;
  /** Ms; set while all that the node waits for is the opening of its update window. */
  readonly opensAt?: number | undefined;
  /** Pods that are of no more use and serve nothing that the target pod does not: deleted without a budget. */
  readonly leftovers: readonly PodView[];
  /** An image or artifact is on its way there now. */
  readonly fetching: boolean;
  /** Nothing serves and a pod is being changed: counts against maxUnavailable. */
  readonly interrupted: boolean;
}

/**
 * @param pods the model's own pods on the node
 * @param gone the node is not (or no longer) one that the model selects
 * @param ahead `first`: with Surge as well, for the new pod may not start yet but what it needs may come. `hangs`: whether
 *   a prefetch pod is not worth waiting for.
 */
export function nodeState(
  node: NodeView,
  target: Target | undefined,
  pods: readonly PodView[],
  refusal: { readonly kind: 'SetAside' | 'Incompatible' | 'Gone' | 'None'; readonly reason?: Reason },
  ahead: { readonly first: boolean; readonly hangs: (pod: PodView) => boolean } = {
    first: false,
    hangs: () => false,
  },
): NodeState {
  const serve = pods.filter(({ role }) => role === 'serve');
  const prefetch = pods.filter(({ role }) => role === 'prefetch');
  const serving = serve.find((pod) => pod.ready && !pod.deleting);
  const isTarget = (pod: PodView) =>
    target !== undefined && pod.revision === target.revision && pod.variant === target.variant.name;
  const targetPod = serve.find(isTarget);
  const base = {
    node,
    target,
    serving,
    standing: serving ?? serve.find((pod) => !pod.deleting && !isBroken(podCondition(pod))),
    targetPod,
    since: undefined,
    reason: undefined,
    wants: undefined,
    leftovers: [],
    fetching: false,
    interrupted: false,
  } as const;

  if (!isReachable(node)) {
    const runs = serve.map((pod) => pod.revision).join(', ');
    return {
      ...base,
      phase: 'Offline',
      reason: away(node, runs ? `; last known to run ${runs}` : ''),
      // One that is only silent still counts against the limits until the node controller has its say.
      interrupted:
        node.noticed?.silentSince !== undefined &&
        target !== undefined &&
        serving === undefined &&
        pods.length > 0,
    };
  }
  if (refusal.kind === 'Gone') {
    return { ...base, phase: 'Leaving', leftovers: pods.filter((pod) => !pod.deleting) };
  }
  if (refusal.kind === 'Incompatible') {
    // What runs stays: the hardware may only be hidden for the moment, and nobody asked for an outage.
    return { ...base, phase: 'Incompatible', reason: refusal.reason };
  }
  if (target === undefined) return { ...base, phase: 'Waiting', reason: refusal.reason };

  const condition = targetPod && podCondition(targetPod);
  const others = serve.filter((pod) => !isTarget(pod));
  // What never came of another revision serves nobody, and its kubelet would go on asking for it.
  const useless = others.filter((pod) => !pod.deleting && failsToPull(pod));
  const othersThere = others.filter((pod) => !pod.deleting && !useless.includes(pod));
  const stale = [...prefetch.filter((pod) => !isTarget(pod) && !pod.deleting), ...useless];
  const ownPrefetch = prefetch.find(isTarget);
  const fetchedAhead = ownPrefetch && podCondition(ownPrefetch);

  if (condition?.kind === 'Ready') {
    return {
      ...base,
      phase: 'Serving',
      since: condition.since,
      leftovers: [...othersThere, ...useless, ...prefetch.filter((pod) => !pod.deleting)],
    };
  }

  // Also between the old pod and the new one, and where the new one finds no place: nothing serves there.
  const interrupted = serving === undefined;
  const replace =
    target.strategy === 'Replace' ||
    (condition?.kind === 'Unschedulable' &&
      target.mayReplace &&
      othersThere.length > 0 &&
      speaksOfRoom(condition.reason));
  const held = refusal.kind === 'SetAside';

  if (
    targetPod !== undefined &&
    condition !== undefined &&
    !(condition.kind === 'Unschedulable' && replace && othersThere.length > 0)
  ) {
    return {
      ...base,
      ...byCondition(condition, targetPod, node, held),
      leftovers: stale,
      interrupted,
    };
  }
  if (held) {
    return { ...base, phase: 'SetAside', reason: refusal.reason, leftovers: stale };
  }
  if (others.length === 0) {
    return {
      ...base,
      phase: 'Waiting',
      wants: { kind: 'CreateServe', beside: false, fetched: fetchedAhead?.kind === 'Ready' },
      leftovers: stale,
      interrupted,
    };
  }
  if (othersThere.length === 0)
    return {
      ...base,
      phase: 'Switching',
      reason: reason('Terminating', `waiting for the old pod on ${node.name} to end`),
      interrupted: true,
      leftovers: stale,
    };
  if (!replace) {
    const wants = { kind: 'CreateServe', beside: true, fetched: fetchedAhead?.kind === 'Ready' } as const;
    const beside = { ...base, phase: 'Waiting', leftovers: stale } as const;
    if (serving === undefined) return { ...beside, wants };
    // What has begun to fetch ahead goes on: a second pull beside it would bring nothing sooner.
    const begun =
      ownPrefetch !== undefined &&
      (fetchedAhead?.kind === 'Fetching' || fetchedAhead?.kind === 'Starting') &&
      !ahead.hangs(ownPrefetch);
    if (begun || (ahead.first && (ownPrefetch === undefined || ownPrefetch.deleting)))
      return { ...beside, ...fetchingAhead(fetchedAhead, ownPrefetch) };
    return { ...beside, wants };
  }

  // Replace: fetch first, then take the old pod away, then start the new one in its place.
  const broken = othersThere.every((pod) => isBroken(podCondition(pod)));
  const interrupts = serving !== undefined;
  if (broken) {
    return {
      ...base,
      phase: 'Waiting',
      wants: { kind: 'Switch', pods: othersThere, interrupts: false },
      leftovers: stale,
      interrupted,
    };
  }
  return {
    ...base,
    leftovers: stale,
    interrupted,
    ...(fetchedAhead?.kind === 'Ready'
      ? { phase: 'Prefetching', wants: { kind: 'Switch', pods: othersThere, interrupts } }
      : fetchingAhead(fetchedAhead, ownPrefetch)),
  };
}

/** How far the prefetch pod has come, where it has not yet fetched everything. */
function fetchingAhead(
  condition: PodCondition | undefined,
  pod: PodView | undefined,
): Pick<NodeState, 'phase'> & Partial<Pick<NodeState, 'reason' | 'wants' | 'fetching'>> {
  if (pod === undefined || condition === undefined)
    return { phase: 'Waiting', wants: { kind: 'CreatePrefetch' } };
  const phase = 'Prefetching';
  switch (condition.kind) {
    case 'Ended':
      return { phase, reason: condition.reason, wants: { kind: 'Remake', pod } };
    case 'Fetching':
      return { phase, reason: condition.trouble, fetching: condition.trouble === undefined };
    case 'Crashing':
    case 'Unschedulable':
      return { phase, reason: condition.reason };
    case 'Ready':
    case 'Starting':
    case 'Deleting':
      return { phase, fetching: true };
  }
}

function away({ name, ready, noticed }: NodeView, runs: string): Reason {
  return ready === 'True' && noticed?.silentSince !== undefined
    ? reason(
        'NodeSilent',
        `node ${name} is Ready, but its kubelet has not renewed its Lease since ${new Date(noticed.silentSince).toISOString()}; it is left alone until it does${runs}`,
      )
    : reason('Offline', `node ${name} is not Ready${runs}`);
}

function byCondition(
  condition: PodCondition,
  pod: PodView,
  node: NodeView,
  held: boolean,
): Pick<NodeState, 'phase' | 'reason' | 'since' | 'wants' | 'fetching'> {
  const none = { reason: undefined, since: undefined, wants: undefined, fetching: false } as const;
  switch (condition.kind) {
    case 'Deleting':
      return {
        ...none,
        phase: 'Switching',
        reason: reason('Terminating', `waiting for pod ${pod.name} to end`),
      };
    case 'Ended':
      return {
        ...none,
        phase: 'Switching',
        reason: condition.reason,
        wants: held ? undefined : { kind: 'Remake', pod },
      };
    case 'Unschedulable':
      return { ...none, phase: 'Waiting', reason: condition.reason };
    case 'Fetching':
      return {
        ...none,
        phase: 'Prefetching',
        reason: condition.trouble,
        fetching: condition.trouble === undefined,
      };
    case 'Starting':
      // While the node was away nothing could become ready.
      return { ...none, phase: 'Switching', since: Math.max(condition.since, node.readySince) };
    case 'Crashing':
      return { ...none, phase: 'Failed', reason: condition.reason };
    case 'Ready':
      return { ...none, phase: 'Serving', since: condition.since };
  }
}

/** A taint is no want of room: a node that has just come back keeps its `unreachable` for some seconds. */
function speaksOfRoom({ message }: Reason): boolean {
  return !message.includes('untolerated taint');
}

/** Whether the pod gets no better by itself: nothing is lost with it. */
function isBroken(condition: PodCondition): boolean {
  return condition.kind === 'Crashing' || condition.kind === 'Ended' || condition.kind === 'Unschedulable';
}

/** Past the progress deadline, counted from the end of the fetch, a node that does not get Ready has failed. */
export function withDeadline(state: NodeState, now: number, progressDeadline: number): NodeState {
  if (state.phase !== 'Switching' || state.since === undefined || now - state.since < progressDeadline)
    return state;
  return {
    ...state,
    phase: 'Failed',
    reason: reason(
      'ProgressDeadline',
      `the pod on ${state.node.name} is fetched and started, and did not get ready within progressDeadline (${formatDuration(progressDeadline)})`,
    ),
  };
}
