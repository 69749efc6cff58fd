import type { Node } from '../fleet/node.ts';
import { matchesNode, pinnedTo, untolerated } from '../fleet/node-selection.ts';
import type { Pod } from '../fleet/pod.ts';
import { type Amounts, amounts, plus, requestsOf } from '../fleet/resources.ts';

export type Placement =
  | { readonly kind: 'node'; readonly node: string }
  | { readonly kind: 'nowhere'; readonly message: string };

/** Where a pod fits beside the pods already `bound` to each node; else the sentence that kube-scheduler would give. */
export function placement(
  pod: Pod,
  nodes: readonly Node[],
  bound: ReadonlyMap<string, readonly Pod[]>,
): Placement {
  const pinned = pinnedTo(pod);
  const candidates = pinned === undefined ? nodes : nodes.filter((node) => pinned.has(node.metadata.name));
  const reasons = new Map<string, number>();
  const say = (reason: string, count = 1): void =>
    void reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  let helpless = nodes.length - candidates.length;
  if (helpless > 0) say("node(s) didn't satisfy plugin(s) [NodeAffinity]", helpless);
  const fitting: Node[] = [];
  for (const node of candidates) {
    const unfit = unsuitable(pod, node);
    const short =
      unfit === undefined ? insufficient(pod, node, bound.get(node.metadata.name) ?? []) : [unfit];
    if (unfit !== undefined) helpless++;
    if (short.length === 0) fitting.push(node);
    for (const reason of short) say(reason);
  }
  const best = leastUsed(fitting, bound);
  if (best !== undefined) return { kind: 'node', node: best.metadata.name };
  return { kind: 'nowhere', message: sentence(nodes.length, reasons, helpless) };
}

/** What no eviction would change. */
function unsuitable(pod: Pod, node: Node): string | undefined {
  if (node.spec?.unschedulable === true) return 'node(s) were unschedulable';
  const taint = untolerated(pod, node.spec?.taints ?? [], ['NoSchedule', 'NoExecute']);
  if (taint !== undefined) return 'node(s) had untolerated taint(s)';
  return matchesNode(pod, node) ? undefined : "node(s) didn't match Pod's node affinity/selector";
}

function insufficient(pod: Pod, node: Node, there: readonly Pod[]): readonly string[] {
  const free = amounts(node.status?.allocatable);
  const used = there.map(requestsOf).reduce<Amounts>(plus, {});
  return Object.entries(requestsOf(pod))
    .filter(([resource, wanted]) => wanted > 0 && wanted > (free[resource] ?? 0) - (used[resource] ?? 0))
    .map(([resource]) => (resource === 'pods' ? 'Too many pods' : `Insufficient ${resource}`));
}

/** Ties go to the first by name, so that a run can be repeated. */
function leastUsed(fitting: readonly Node[], bound: ReadonlyMap<string, readonly Pod[]>): Node | undefined {
  const load = (node: Node): number => bound.get(node.metadata.name)?.length ?? 0;
  const order = (a: Node, b: Node): number =>
    load(a) - load(b) || (a.metadata.name < b.metadata.name ? -1 : 1);
  return fitting.toSorted(order)[0];
}

function sentence(total: number, reasons: ReadonlyMap<string, number>, helpless: number): string {
  if (total === 0) return 'no nodes available to schedule pods';
  const preemption = told(
    [
      ['No preemption victims found for incoming pod', total - helpless] as const,
      ['Preemption is not helpful for scheduling', helpless] as const,
    ].filter(([, count]) => count > 0),
  );
  return (
    `0/${total} nodes are available: ${told([...reasons])}. ` +
    `preemption: 0/${total} nodes are available: ${preemption}.`
  );
}

function told(counts: readonly (readonly [string, number])[]): string {
  return counts
    .map(([reason, count]) => `${count} ${reason}`)
    .toSorted()
    .join(', ');
}
