import { API_VERSION } from '../../api/names.ts';
import type { EdgeModel } from '../../api/edge-model.ts';
import type { OwnerReference } from '../../api/object-meta.ts';

/** Of what outlives the model where deletionPolicy is Orphan: pods, their files, their Service. */
export function ownersOfServing(model: EdgeModel): { readonly ownerReferences?: readonly OwnerReference[] } {
  return model.spec.deletionPolicy === 'Orphan' ? {} : { ownerReferences: [modelOwner(model)] };
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
