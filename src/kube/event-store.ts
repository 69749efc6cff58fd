import type { KubeObject } from '../api/object-meta.ts';
import type { EventSink } from '../controller/ports/event-sink.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import { apiVersion, RESOURCES } from './resource.ts';

export interface EventStoreOptions {
  /** Which controller reports, for example `outrigger.dev/operator`. */
  readonly controller: string;
  /** Which process, at most 128 characters. */
  readonly instance: string;
  /** A part for the names of events that no other event of the object has. */
  readonly suffix: () => string;
}

const RESOURCE = RESOURCES.events;

/** Events of events.k8s.io/v1, in the namespace of their subject (`default` for cluster-scoped ones). */
export function eventStore(client: KubeClient, options: EventStoreOptions): EventSink {
  return {
    async create({ subject, type, reason, action, note, time }) {
      const namespace = subject.namespace ?? 'default';
      const name = `${subject.name.slice(0, 200).replace(/[^a-z0-9]+$/, '')}.${options.suffix()}`;
      const event: KubeObject & Readonly<Record<string, unknown>> = {
        apiVersion: apiVersion(RESOURCE),
        kind: RESOURCE.kind,
        metadata: { namespace, name },
        eventTime: time,
        type,
        reason,
        action,
        note,
        regarding: subject,
        reportingController: options.controller,
        reportingInstance: options.instance,
      };
      await client.create(RESOURCE, namespace, event);
      return { namespace, name };
    },
    async repeat({ namespace, name }, { count, lastTime }) {
      try {
        const series = { count, lastObservedTime: lastTime };
        await client.mergePatch(RESOURCE, namespace, name, { series });
        return 'done';
      } catch (error) {
        if (isApiError(error, 'notFound')) return 'gone';
        throw error;
      }
    },
  };
}
