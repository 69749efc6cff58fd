import { RESOURCES } from '../../kube/resource.ts';
import { type FieldError, invalid, required } from './field-error.ts';
import { type ApiObject, recordOf, textOf } from './json.ts';
import { kind, type Kind } from './kind.ts';
import { checkMicroTime, checkTime, wholeSeconds } from './time-fields.ts';

/** Events of the core group: their rules are those of the time before events.k8s.io, so nearly everything passes. */
export function eventKind(): Kind {
  return kind(RESOURCES.events, {
    recordsOwners: false,
    decode(event) {
      for (const field of ['firstTimestamp', 'lastTimestamp'] as const) checkTime(event[field], 'Event');
      checkMicroTime(event['eventTime'], 'Event');
      checkMicroTime(recordOf(event['series'])['lastObservedTime'], 'Event');
    },
    prepare(event) {
      // Fields without omitempty, or with one that does nothing.
      for (const field of ['involvedObject', 'source'] as const) event[field] ??= {};
      for (const field of ['reportingComponent', 'reportingInstance'] as const) event[field] ??= '';
      for (const field of ['firstTimestamp', 'lastTimestamp'] as const)
        event[field] = wholeSeconds(event[field]);
      event['eventTime'] ??= null;
      if (event['count'] === 0) delete event['count'];
    },
    validate: (event) => [...namespaceErrors(event), ...(event['eventTime'] ? newEventErrors(event) : [])],
  });
}

/** Events about what has no namespace live in `default`, those with an eventTime also in `kube-system`. */
function namespaceErrors(event: ApiObject): FieldError[] {
  const namespace = event.metadata.namespace ?? '';
  const about = textOf(recordOf(event['involvedObject'])['namespace']);
  const isNew = Boolean(event['eventTime']);
  const fits =
    about === ''
      ? namespace === 'default' || (isNew && namespace === 'kube-system')
      : isNew || about === namespace;
  return fits ? [] : [invalid('involvedObject.namespace', about, 'does not match event.namespace')];
}

/** What an event with an eventTime has to have on top. */
function newEventErrors(event: ApiObject): FieldError[] {
  const errors = (['reportingComponent', 'reportingInstance', 'action', 'reason'] as const)
    .filter((field) => !event[field])
    .map((field) => required(field));
  if (Buffer.byteLength(textOf(event['message'])) > 1_024) {
    errors.push(invalid('message', '', 'can have at most 1024 characters'));
  }
  return errors;
}
