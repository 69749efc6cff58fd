import type { EdgeModel } from '../api/edge-model.ts';
import type { OwnerReference } from '../api/object-meta.ts';
import type { Action } from './decision.ts';
import type { Observed } from './observed.ts';
import { modelOwner, partOwner, podOwner } from './pods/owner.ts';
import type { Controller } from './views/controller-of.ts';

/**
 * Gives the model what is to go with it, and lets go of what is to outlive it. With deletionPolicy Orphan pods and
 * their files do not belong to the model from the first moment on: a foreground deletion, which is how Argo CD
 * prunes, makes the garbage collector take what a model owns before anybody could let go of it.
 *
 * @param observed the model's own objects alone
 */
export function ownerActions(observed: Observed, model: EdgeModel): Action[] {
  const ofParts = partOwner(model);
  const known = new Set(observed.revisions.map(({ hash }) => hash));
  const nodes = new Map(observed.nodes.map((node) => [node.name, node]));
  // Of a revision that nobody knows (orphans of a deleted model): whose they are is for people to say.
  const pods = observed.pods.filter(
    ({ role, deleting, revision }) => role === 'serve' && !deleting && known.has(revision),
  );
  return [
    ...observed.revisions.flatMap((each) => change('ControllerRevision', each, modelOwner(model))),
    ...[...observed.configMaps].flatMap(([name, each]) => change('ConfigMap', { ...each, name }, ofParts)),
    ...pods.flatMap((pod) => {
      const node = nodes.get(pod.node);
      return node === undefined ? [] : change('Pod', pod, podOwner(model, node));
    }),
  ];
}

function change(
  of: 'Pod' | 'ConfigMap' | 'ControllerRevision',
  object: { readonly name: string; readonly uid: string; readonly controller: Controller | undefined },
  owner: OwnerReference | undefined,
): Action[] {
  const { name, uid, controller } = object;
  return uid === '' || controller?.uid === owner?.uid ? [] : [{ kind: 'SetOwner', of, name, uid, owner }];
}
