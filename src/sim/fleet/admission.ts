import type { Node } from './node.ts';
import { matchesNode, untolerated } from './node-selection.ts';
import type { Pod } from './pod.ts';
import { type Amounts, amounts, isExtended, plus, requestsOf } from './resources.ts';

/** Why a kubelet refuses a pod that was bound to its node; it becomes the pod's Failed status. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/**
 * A kubelet's own check of a pod, also made of every pod anew after a reboot: node affinity, NoExecute taints,
 * and resources beside the pods already `admitted`. `devices` is what the device plugins have registered: it
 * lags behind the node's allocatable after a boot.
 */
export function refusal(
  pod: Pod,
  node: Node,
  admitted: readonly Pod[],
  devices: Amounts,
): Refusal | undefined {
  if (!matchesNode(pod, node)) {
    return rejected(
      'NodeAffinity',
      "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    );
  }
  const taint = untolerated(pod, node.spec?.taints ?? [], ['NoExecute']);
  if (taint !== undefined) {
    return rejected(
      'TaintToleration',
      "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
    );
  }
  const used = admitted.map(requestsOf).reduce<Amounts>(plus, {});
  const capacity = { ...amounts(node.status?.allocatable), ...devices };
  for (const [resource, requested] of Object.entries(requestsOf(pod))) {
    const free = (capacity[resource] ?? 0) - (used[resource] ?? 0);
    if (requested <= 0 || requested <= free) continue;
    if (isExtended(resource)) {
      return rejected(
        'UnexpectedAdmissionError',
        `Allocate failed due to requested number of devices unavailable for ${resource}. ` +
          `Requested: ${requested}, Available: ${Math.max(0, free)}, which is unexpected`,
      );
    }
    const scale = resource === 'cpu' ? 1000 : 1;
    const [want, taken, all] = [requested, used[resource] ?? 0, capacity[resource] ?? 0].map((each) =>
      Math.round(each * scale),
    );
    return rejected(
      `OutOf${resource}`,
      `Node didn't have enough resource: ${resource}, requested: ${want}, used: ${taken}, capacity: ${all}`,
    );
  }
  return undefined;
}

function rejected(reason: string, message: string): Refusal {
  return { reason, message: `Pod was rejected: ${message}` };
}
