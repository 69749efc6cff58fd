import type { Node, Taint } from './node.ts';
import type { NodeSelectorRequirement, NodeSelectorTerm, Pod, Toleration } from './pod.ts';

/** Whether the pod's nodeSelector and required node affinity accept the node: what scheduler and kubelet both check. */
export function matchesNode(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  const selected = Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const terms = requiredTerms(pod);
  return selected && (terms === undefined || terms.some((term) => matchesTerm(term, node)));
}

/** The node names to which a pod is pinned by matchFields in every term; undefined for a pod that is not. */
export function pinnedTo(pod: Pod): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  const terms = requiredTerms(pod);
  if (terms === undefined || terms.length === 0) return undefined;
  for (const term of terms) {
    const pin = term.matchFields?.find((field) => field.key === 'metadata.name' && field.operator === 'In');
    if (pin === undefined) return undefined;
    for (const name of pin.values ?? []) names.add(name);
  }
  return names;
}

/** The first taint that keeps the pod off the node, if any. */
export function untolerated(
  pod: Pod,
  taints: readonly Taint[],
  effects: readonly Taint['effect'][],
): Taint | undefined {
  return taints.find(
    (taint) =>
      effects.includes(taint.effect) && !(pod.spec.tolerations ?? []).some((each) => tolerates(each, taint)),
  );
}

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return Boolean(toleration.key) && (toleration.value ?? '') === (taint.value ?? '');
}

function requiredTerms(pod: Pod): readonly NodeSelectorTerm[] | undefined {
  return pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
}

function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  // An empty term matches nothing.
  if (expressions.length + fields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    expressions.every((each) => matchesRequirement(each, labels[each.key])) &&
    fields.every((each) => each.key === 'metadata.name' && matchesRequirement(each, node.metadata.name))
  );
}

function matchesRequirement(requirement: NodeSelectorRequirement, value: string | undefined): boolean {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return isInteger(value) && Number(value) > Number(values[0]);
    case 'Lt':
      return isInteger(value) && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

function isInteger(value: string | undefined): value is string {
  return value !== undefined && /^[+-]?\d+$/.test(value);
}
