import type { PodView } from '../views/pod-view.ts';
import type { NodeState } from './node-state.ts';
import { isDark } from './reachability.ts';

/** Whether a process of the model ever ran in the pod; images and init containers are not the candidate. */
export function hasStarted({ containers }: PodView): boolean {
  return containers.some((each) => !each.init && firstStart(each) !== undefined);
}

/** Whether a process of the model ran in the pod before the time, ms. */
export function ranBefore({ containers }: PodView, time: number): boolean {
  return containers.some((each) => !each.init && (firstStart(each) ?? Infinity) < time);
}

/** The earliest start that is still known, ms. */
function firstStart({ startedAt, terminated, restarts }: PodView['containers'][number]): number | undefined {
  return terminated?.startedAt ?? startedAt ?? (restarts > 0 ? 0 : undefined);
}

/** A node on which the revision was started: from then on its darkness may be the revision's doing. */
export function wasUpdated({ targetPod }: NodeState, revision: string): boolean {
  return targetPod?.revision === revision && hasStarted(targetPod);
}

/** A node that went dark after the revision was started there: neither failed nor fine until it is back. */
export function isSuspect(state: NodeState, revision: string): boolean {
  return isDark(state.node) && wasUpdated(state, revision);
}
