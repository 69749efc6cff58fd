import { LABEL } from '../api/names.ts';
import type { Action } from '../core/decision.ts';
import type { Log } from './ports/log.ts';

/** One line for each change that was made: what, where, and why as far as the action says. Spec and data stay out. */
export function logAction(log: Log, action: Action): void {
  switch (action.kind) {
    case 'CreatePod': {
      const { name, labels } = action.pod.metadata;
      const { [LABEL.revision]: revision, [LABEL.variant]: variant, [LABEL.role]: role } = labels ?? {};
      return log.info({ pod: name, node: action.node, revision, variant, role }, 'pod created');
    }
    case 'DeletePod':
      return log.info(
        {
          pod: action.name,
          node: action.node,
          remake: action.remake,
          ...(action.unfetched && { unfetched: action.unfetched.message }),
        },
        'pod deleted',
      );
    case 'AdoptPod':
      return log.info(
        { pod: action.name, node: action.node, revision: action.labels[LABEL.revision] },
        'pod adopted',
      );
    case 'CreateRevision':
      return log.info({ revision: action.object.metadata.name }, 'revision recorded');
    case 'MarkRevision':
      return log.info({ revision: action.name, ...action.annotations }, 'revision marked');
    case 'DeleteRevision':
      return log.info({ revision: action.name }, 'revision beyond the history limit deleted');
    case 'CreateConfigMap':
      return log.info({ configMap: action.object.metadata.name }, 'config map created');
    case 'DeleteConfigMap':
      return log.info({ configMap: action.name }, 'config map deleted');
    case 'WriteMemory': {
      const { revision, attempt, ended } = action.memory;
      return log.info(
        { configMap: action.name, revision, attempt, ended },
        'memory of the candidate written',
      );
    }
    case 'ApplyService':
      return log.info({ service: action.object.metadata.name }, 'service applied');
    case 'DeleteService':
      return log.info({ service: action.name }, 'service deleted');
    case 'SetFinalizers':
      return log.info({ finalizers: action.finalizers }, 'finalizers set');
    case 'SetOwner':
      return log.info(
        { kind: action.of, object: action.name, owner: action.owner?.kind ?? 'none' },
        'owner of an object set',
      );
    case 'Event':
      return log.info(
        { about: action.regarding.kind, reason: action.reason, type: action.type, note: action.note },
        'told people',
      );
    // Counts change with every pod; what a status is about comes as an Event.
    case 'WriteModelStatus':
    case 'WriteRolloutStatus':
      return log.debug({ object: action.name }, 'status written');
  }
}
