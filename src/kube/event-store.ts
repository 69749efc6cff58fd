import type { KubeObject } from '../api/object-meta.ts';
import type { EventSink } from '../controller/ports/event-sink.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import { apiVersion, RESOURCES } from './resource.ts';

export interface EventStoreOptions {
  /** Which controller reports, for example `outrigger-controller`. */
  readonly controller: string;
  /** Which process, at most 128 characters. */
  readonly instance: string;
  /** The end of an event's name, which keeps it apart from those that another process writes at the same time. */
  readonly suffix: () => string;
}

const RESOURCE = RESOURCES.events;

/**
 * Events of the core group, in the namespace of their subject (`default` for cluster-scoped ones). Not of
 * events.k8s.io, which forbids lastTimestamp: `kubectl describe` sorts by that field and by nothing else.
 */
export function eventStore(client: KubeClient, options: EventStoreOptions): EventSink {
  const nextTick = ticks();
  return {
    async create({ subject, type, reason, action, note, time }) {
      const namespace = subject.namespace ?? 'default';
      const base = subject.name.slice(0, 200).replace(/[^a-z0-9]+$/, '');
      const name = `${base}.${nextTick(time)}${options.suffix()}`;
      const event: KubeObject & Readonly<Record<string, unknown>> = {
        apiVersion: apiVersion(RESOURCE),
        kind: RESOURCE.kind,
        metadata: { namespace, name },
        involvedObject: subject,
        type,
        reason,
        action,
        message: note,
        source: { component: options.controller },
        reportingComponent: options.controller,
        reportingInstance: options.instance,
        firstTimestamp: toSeconds(time),
        lastTimestamp: toSeconds(time),
        count: 1,
      };
      await client.create(RESOURCE, namespace, event);
      return { namespace, name };
    },
    async repeat({ namespace, name }, { count, lastTime }) {
      try {
        const patch = { count, lastTimestamp: toSeconds(lastTime) };
        await client.mergePatch(RESOURCE, namespace, name, patch);
        return 'done';
      } catch (error) {
        if (isApiError(error, 'notFound')) return 'gone';
        throw error;
      }
    },
  };
}

/**
 * Makes names sort by time: lists come by name, and within one second that is all the order that readers get.
 * Microseconds since the epoch in 14 hexadecimal digits, each more than the one before.
 */
function ticks(): (time: string) => string {
  let last = 0;
  return (time) => {
    last = Math.max(Date.parse(time) * 1_000, last + 1);
    return last.toString(16).padStart(14, '0');
  };
}

/** The API's Time: the server cuts off what is below a second, and so does this. */
function toSeconds(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
