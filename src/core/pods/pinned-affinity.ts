import type { NodeSelectorRequirement } from '../hardware/node-selector.ts';
import type { Affinity, NodeSelectorTerm } from './pod-template.ts';

/**
 * The template's own affinity, ANDed with "on this node and no other": the requirement goes into every term,
 * because terms are alternatives. kube-scheduler still checks resources and taints there.
 */
export function pinnedAffinity(
  affinity: Affinity | undefined,
  node: string,
  expressions: readonly NodeSelectorRequirement[] = [],
): Affinity {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  // A term without requirements matches nothing, so it must not become one that matches the node.
  const terms = required?.nodeSelectorTerms ?? [{}];
  const field = { key: 'metadata.name', operator: 'In', values: [node] };
  const more = expressions.map(({ key, operator, values }) => ({
    key,
    operator,
    ...(values ? { values } : {}),
  }));
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: terms
          .filter((term) => required === undefined || !isEmpty(term))
          .map((term) => ({
            ...term,
            ...(more.length === 0 && term.matchExpressions === undefined
              ? {}
              : { matchExpressions: [...(term.matchExpressions ?? []), ...more] }),
            matchFields: [...(term.matchFields ?? []), field],
          })),
      },
    },
  };
}

function isEmpty(term: NodeSelectorTerm): boolean {
  return (term.matchExpressions ?? []).length === 0 && (term.matchFields ?? []).length === 0;
}
