import type { EdgeModel } from '../api/edge-model.ts';
import type { Action } from './decision.ts';
import type { Observed } from './observed.ts';
import { desiredService, isOurs, sameService } from './pods/service.ts';

/** Makes, mends or takes away the model's Service; somebody else's of the same name is left alone and told of. */
export function serviceActions(observed: Observed, model: EdgeModel): Action[] {
  const wanted = desiredService(model);
  const found = observed.service;
  if (found !== undefined && !isOurs(found, model)) {
    if (wanted === undefined) return [];
    return [
      {
        kind: 'Event',
        regarding: { kind: 'EdgeModel', name: model.metadata.name, uid: model.metadata.uid ?? '' },
        type: 'Warning',
        reason: 'ServiceNotOurs',
        note: `Service ${model.metadata.name} belongs to somebody else and is left alone; delete it, or leave spec.service out`,
      },
    ];
  }
  if (wanted === undefined)
    return found === undefined
      ? []
      : [{ kind: 'DeleteService', name: found.metadata.name, uid: found.metadata.uid ?? '' }];
  return found !== undefined && sameService(wanted, found) ? [] : [{ kind: 'ApplyService', object: wanted }];
}
