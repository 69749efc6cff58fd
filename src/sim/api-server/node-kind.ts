import { RESOURCES } from '../../kube/resource.ts';
import { keyed, map } from './field-type.ts';
import { type ApiObject, listOf, recordOf } from './json.ts';
import { kind, type Kind } from './kind.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';

export function nodeKind(): Kind {
  return kind(RESOURCES.nodes, {
    hasStatus: true,
    keepsStatusOnCreate: true,
    recordsOwners: false,
    fieldType: map({ status: map({ conditions: keyed('type'), addresses: keyed('type') }) }),
    prepare(node, previous) {
      if (!previous) taintUntilReady(node);
      const status = recordOf(node.status);
      if (status['capacity'] !== undefined && status['allocatable'] === undefined) {
        node.status = { ...status, allocatable: status['capacity'] };
      }
    },
  });
}

/** A new node takes no pods until its conditions are known, as the admission plugin TaintNodesByCondition has it. */
function taintUntilReady(node: ApiObject): void {
  const taints = listOf(node.spec?.['taints']);
  if (taints.some((taint) => recordOf(taint)['key'] === NOT_READY)) return;
  node.spec = { ...node.spec, taints: [...taints, { key: NOT_READY, effect: 'NoSchedule' }] };
}
