import type { EdgeModel } from '../api/edge-model.ts';
import type { Observed } from './observed.ts';
import { reason } from './reason.ts';
import type { Reason } from './reason.ts';
import type { Controller } from './views/controller-of.ts';

export interface OwnObjects {
  /** What was observed, without what belongs to somebody else. */
  readonly own: Observed;
  /** Why nothing can start yet: a deleted model of this name has left objects that are about to go. */
  readonly former: Reason | undefined;
}

/**
 * A label is anybody's; the controller decides. An object without one is the model's (orphaned, or restored from a
 * backup), and so is a pod that goes with its node. One of another controller is never touched, and tells nothing. Where that one was an EdgeModel of
 * another uid, this model was deleted and made again: it starts when the garbage collector is through, for its own
 * objects have the same names. A pod that is on its way out already holds nothing up, for on a node that is away it
 * may stay for weeks.
 */
export function ownObjects(observed: Observed, model: EdgeModel): OwnObjects {
  const isOurs = ({ controller }: { readonly controller: Controller | undefined }): boolean =>
    controller === undefined || controller.kind === 'Node' || controller.uid === model.metadata.uid;
  const isFormer = ({ controller }: { readonly controller: Controller | undefined }): boolean =>
    controller?.kind === 'EdgeModel' && controller.uid !== model.metadata.uid;
  const revisions = observed.revisions.filter(isOurs);
  const known = new Set(revisions.map(({ uid }) => uid));
  const left = [
    ...observed.pods.filter((pod) => isFormer(pod) && !pod.deleting).map(({ name }) => `Pod ${name}`),
    ...observed.revisions.filter(isFormer).map(({ name }) => `ControllerRevision ${name}`),
    ...[...observed.configMaps].filter(([, each]) => isFormer(each)).map(([name]) => `ConfigMap ${name}`),
  ];
  const own: Observed = {
    ...observed,
    pods: observed.pods.filter(isOurs),
    revisions,
    memories: observed.memories.filter(
      ({ revisionUid }) => revisionUid === undefined || known.has(revisionUid),
    ),
    configMaps: new Map([...observed.configMaps].filter(([, each]) => isOurs(each))),
  };
  if (left.length === 0) return { own, former: undefined };
  const message =
    `objects of a deleted EdgeModel of this name are still there, such as ${left[0]}; this one starts when the ` +
    'garbage collector has taken them away; where it does not, delete them';
  return { own, former: reason('FormerModelLeaving', message) };
}
