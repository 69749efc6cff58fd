import { API_VERSION } from '../../api/names.ts';
import type { EdgeModel } from '../../api/edge-model.ts';
import type { OwnerReference } from '../../api/object-meta.ts';
import type { NodeView } from '../views/node-view.ts';

/** Whom a pod that serves goes with: the model, or with deletionPolicy Orphan its node. */
export function podOwner(model: EdgeModel, node: Pick<NodeView, 'name' | 'uid'>): OwnerReference {
  return outlives(model) ? nodeOwner(node) : modelOwner(model);
}

/** Of the pods' files and their Service; undefined where these outlive the model. */
export function partOwner(model: EdgeModel): OwnerReference | undefined {
  return outlives(model) ? undefined : modelOwner(model);
}

function outlives({ spec }: EdgeModel): boolean {
  return spec.deletionPolicy === 'Orphan';
}

/**
 * Like a static pod's. A pod without any owner would not be drained without --force, and Argo CD, where it tracks
 * by label, would take it for its own and prune it.
 */
function nodeOwner({ name, uid }: Pick<NodeView, 'name' | 'uid'>): OwnerReference {
  return { apiVersion: 'v1', kind: 'Node', name, uid, controller: true, blockOwnerDeletion: false };
}

/**
 * blockOwnerDeletion is false: with a foreground deletion of the model, one pod on an offline node would
 * otherwise hold up the deletion until that node returns.
 */
export function modelOwner(model: EdgeModel): OwnerReference {
  return {
    apiVersion: API_VERSION,
    kind: 'EdgeModel',
    name: model.metadata.name,
    uid: model.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: false,
  };
}
