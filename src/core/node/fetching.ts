import type { PodView } from '../views/pod-view.ts';
import { podCondition } from './pod-condition.ts';

/** A pull that has gone on for so long hangs, or its link is so slow that one more beside it does not matter. */
export const LONGEST_PULL_MS = 60 * 60_000;

/** Whether images or volumes are on their way to the pod. One whose last pull failed is between two tries, and waits there for nobody. */
export function isPulling(pod: PodView): boolean {
  const condition = podCondition(pod);
  return condition.kind === 'Fetching' && condition.trouble === undefined;
}

/** Whether the pod's pull takes one of the places that limits.maxPrefetching gives: not for ever. */
export function takesPlace(pod: PodView, now: number): boolean {
  return now - pod.createdAt < LONGEST_PULL_MS && isPulling(pod);
}

/** Whether the last pull for the pod failed. */
export function failsToPull(pod: PodView): boolean {
  const condition = podCondition(pod);
  return condition.kind === 'Fetching' && condition.trouble !== undefined;
}
