import { GROUP } from '../api/names.ts';
import type { EdgeModel } from '../api/edge-model.ts';
import type { Action, Decision } from './decision.ts';
import type { Observed } from './observed.ts';
import { ownerActions } from './owner-actions.ts';
import { serviceActions } from './service-actions.ts';

/** Holds a model back until its pods were let go: the garbage collector would take them otherwise. */
const FINALIZER = `${GROUP}/orphan-pods`;

/** deletionPolicy Orphan needs the finalizer before anybody deletes the model. */
export function finalizerAction(model: EdgeModel): Action[] {
  const finalizers = model.metadata.finalizers ?? [];
  const wanted = model.spec.deletionPolicy === 'Orphan';
  if (wanted === finalizers.includes(FINALIZER)) return [];
  return [setFinalizers(model, wanted ? [...finalizers, FINALIZER] : without(finalizers))];
}

/** The garbage collector takes what the model owns; with Orphan the pods lose their owner first and stay. */
export function decideDeletion(observed: Observed, model: EdgeModel): Decision {
  const finalizers = model.metadata.finalizers ?? [];
  if (!finalizers.includes(FINALIZER))
    return { needs: [], actions: [], requeueAt: undefined, waitsForPull: false, mismatched: [] };
  const orphan = model.spec.deletionPolicy === 'Orphan';
  return {
    needs: [],
    actions: [
      // What was not let go of before: the policy was changed a moment ago.
      ...(orphan ? [...ownerActions(observed, model), ...serviceActions(observed, model)] : []),
      setFinalizers(model, without(finalizers)),
    ],
    requeueAt: undefined,
    waitsForPull: false,
    mismatched: [],
  };
}

function setFinalizers(model: EdgeModel, finalizers: readonly string[]): Action {
  return {
    kind: 'SetFinalizers',
    name: model.metadata.name,
    resourceVersion: model.metadata.resourceVersion ?? '',
    finalizers,
  };
}

function without(finalizers: readonly string[]): string[] {
  return finalizers.filter((each) => each !== FINALIZER);
}
