import type { EdgeModel } from '../api/edge-model.ts';
import type { Action } from './decision.ts';
import type { Observed } from './observed.ts';
import { modelOwner } from './pods/owner.ts';
import type { Controller } from './views/controller-of.ts';

/**
 * Gives the model what is to go with it, and lets go of what is to outlive it. With deletionPolicy Orphan pods and
 * their files have no owner from the first moment on: a foreground deletion, which is how Argo CD prunes, makes
 * the garbage collector take what a model owns before anybody could let go of it.
 *
 * @param observed the model's own objects alone
 */
export function ownerActions(observed: Observed, model: EdgeModel): Action[] {
  const owner = modelOwner(model);
  const orphan = model.spec.deletionPolicy === 'Orphan';
  const known = new Set(observed.revisions.map(({ hash }) => hash));
  // Of a revision that nobody knows (orphans of a deleted model): whose they are is for people to say.
  const pods = observed.pods.filter(
    ({ role, deleting, revision }) => role === 'serve' && !deleting && known.has(revision),
  );
  const change = (
    kind: 'Pod' | 'ConfigMap' | 'ControllerRevision',
    name: string,
    uid: string,
    controller: Controller | undefined,
    outlives: boolean,
  ): Action[] => {
    if ((controller === undefined) === outlives || uid === '') return [];
    return [{ kind: 'SetOwner', of: kind, name, uid, owner: outlives ? undefined : owner }];
  };
  return [
    ...observed.revisions.flatMap(({ name, uid, controller }) =>
      change('ControllerRevision', name, uid, controller, false),
    ),
    ...[...observed.configMaps].flatMap(([name, { uid, controller }]) =>
      change('ConfigMap', name, uid, controller, orphan),
    ),
    ...pods.flatMap(({ name, uid, controller }) => change('Pod', name, uid, controller, orphan)),
  ];
}
