import type { ObjectMeta } from '../../api/object-meta.ts';

/** Who an object belongs to: the garbage collector deletes it after its owner. */
export interface Controller {
  readonly kind: string;
  readonly uid: string;
}

export function controllerOf({
  ownerReferences,
}: Pick<ObjectMeta, 'ownerReferences'>): Controller | undefined {
  const owner = ownerReferences?.find(({ controller }) => controller === true);
  return owner && { kind: owner.kind, uid: owner.uid };
}
