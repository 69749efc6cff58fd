import type { Reason } from '../reason.ts';
import { reason } from '../reason.ts';
import { untoleratedTaint } from '../hardware/taints.ts';
import type { Toleration } from '../hardware/taints.ts';
import type { NodeView } from '../views/node-view.ts';

/**
 * Whether the node can be reached now, by its Ready condition and, where it was asked for, its Lease. Offline is a
 * state of its own: neither success nor failure.
 */
export function isReachable(node: NodeView): boolean {
  return node.ready === 'True' && !node.deleting && node.noticed?.silentSince === undefined;
}

/**
 * Out of reach by the Node itself, as `readySince` says since when; a Node that is being deleted is on its way out,
 * not dark. Of a candidate's nodes and their control nodes the Node alone tells: Leases are asked for where something
 * is about to be done, which would find the one arm silent more often than the other.
 */
export function isDark(node: NodeView): boolean {
  return node.ready !== 'True' && !node.deleting;
}

/** Why a node that is there gets nothing new; undefined where it may. */
export function setAside(node: NodeView, tolerations: readonly Toleration[]): Reason | undefined {
  if (node.deleting) return reason('NodeDeleting', `node ${node.name} is being deleted`);
  if (node.unschedulable)
    return reason('Cordoned', `node ${node.name} is cordoned; uncordon it to let it take part`);
  const taint = untoleratedTaint(node, tolerations);
  if (taint !== undefined) {
    const text = taint.value ? `${taint.key}=${taint.value}` : taint.key;
    return reason(
      'Tainted',
      `node ${node.name} has the taint ${text}:${taint.effect}, which spec.tolerations does not tolerate`,
    );
  }
  return undefined;
}
