import type { NodeView, Taint } from '../views/node-view.ts';

export interface Toleration {
  readonly key?: string | undefined;
  readonly operator?: string | undefined;
  readonly value?: string | undefined;
  readonly effect?: string | undefined;
}

/**
 * An edge node that is out of reach goes on serving; with the default 300 s of the DefaultTolerationSeconds
 * admission its pod would be evicted the moment it comes back (edge.md, section 4).
 */
export const OFFLINE_TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
];

/** Set by the control plane while a node is away: what `ready` says already, so no reason to set the node aside. */
const REACHABILITY = new Set(['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready']);

/** The first taint that keeps new pods off the node and that nothing tolerates. */
export function untoleratedTaint(node: NodeView, tolerations: readonly Toleration[]): Taint | undefined {
  return node.taints.find(
    (taint) =>
      (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') &&
      !REACHABILITY.has(taint.key) &&
      taint.key !== 'node.kubernetes.io/unschedulable' &&
      !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return Boolean(toleration.key) && (toleration.value ?? '') === (taint.value ?? '');
}
