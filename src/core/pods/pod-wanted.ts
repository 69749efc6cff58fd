import type { EdgeModel } from '../../api/edge-model.ts';
import type { NodeState } from '../node/node-state.ts';
import { podName } from './serve-pod.ts';

/** The name of the pod that a node wants; undefined where it wants none. */
export function podWanted(model: EdgeModel, { target, wants, node }: NodeState): string | undefined {
  if (target === undefined || (wants?.kind !== 'CreateServe' && wants?.kind !== 'CreatePrefetch'))
    return undefined;
  const role = wants.kind === 'CreateServe' ? 'serve' : 'prefetch';
  return podName(role, model, target.revision, target.variant.name, node.name);
}
