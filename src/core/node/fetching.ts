import type { PodView } from '../views/pod-view.ts';
import { fetchTrouble, podCondition } from './pod-condition.ts';

/** A pull that has gone on for so long hangs, or its link is so slow that one more beside it does not matter. */
export const LONGEST_PULL_MS = 60 * 60_000;

/** A pull that fails keeps its place for so long, for its kubelet tries again in a moment; then somebody else may have it. */
export const PATIENCE_MS = 60_000;

/** Whether images or volumes are on their way to the pod, also where its kubelet is between two tries. */
export function isPulling(pod: PodView): boolean {
  const condition = podCondition(pod);
  return condition.kind === 'Fetching' && (condition.trouble === undefined || failsToPull(pod));
}

/** A node that has just joined or come back keeps the taints of the node controller for some seconds. */
const TAINT_GOES_WITHIN_MS = 60_000;

/**
 * Until when (ms) the pod is taken for one that kube-scheduler keeps off its node for a taint that goes by itself: its
 * pull is about to begin. Want of room is something else, and may last.
 */
export function taintedUntil({ unschedulable, bound, deleting }: PodView): number | undefined {
  if (unschedulable === undefined || bound || deleting) return undefined;
  if (!unschedulable.message.includes('untolerated taint')) return undefined;
  return unschedulable.since + TAINT_GOES_WITHIN_MS;
}

/** Whether the pod's pull takes one of the places that limits.maxPrefetching gives: not for ever. */
export function takesPlace(pod: PodView, now: number): boolean {
  if (isPulling(pod)) return failsToPull(pod) || now - pod.createdAt < LONGEST_PULL_MS;
  return now < (taintedUntil(pod) ?? 0);
}

/**
 * Whether the last pull for the pod failed. One that has run before is not meant: it is no part of an update, and taken
 * off it would not come back any sooner.
 */
export function failsToPull(pod: PodView): boolean {
  const { kind } = podCondition(pod);
  const trouble = kind === 'Fetching' ? fetchTrouble(pod) : undefined;
  return trouble !== undefined && trouble.startedAt === undefined && trouble.terminated === undefined;
}

/** When all was there, ms: the containers started for the first time. Undefined where that is not known. */
export function fetchedAt(pod: PodView): number | undefined {
  const { kind } = podCondition(pod);
  if (kind !== 'Ready' && kind !== 'Starting') return undefined;
  const started = pod.containers.filter(({ init, restarts }) => !init && restarts === 0);
  return started.length === 0 ? undefined : Math.max(...started.map(({ startedAt }) => startedAt ?? 0));
}
