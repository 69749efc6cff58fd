import type { NodeState } from '../node/node-state.ts';
import type { CandidateMemory } from './memory.ts';

/**
 * A node that runs the candidate although no wave in the record ever had it: the record is an older one than the pods
 * were made by, as after a restore. Undefined where there is none.
 */
export function newerPods(
  memory: CandidateMemory,
  states: ReadonlyMap<string, NodeState>,
): string | undefined {
  const known = new Set(memory.disturbed);
  for (const { steps } of memory.walks) {
    for (const { cohorts } of steps)
      for (const { nodes } of Object.values(cohorts)) for (const node of nodes) known.add(node);
  }
  for (const [name, state] of states) {
    const runs = [state.serving, state.standing, state.targetPod].some(
      (pod) => pod?.revision === memory.revision && !pod.deleting,
    );
    if (runs && !known.has(name)) return name;
  }
  return undefined;
}
