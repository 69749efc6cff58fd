import type { KubeObject } from '../api/object-meta.ts';
import type { Status } from './errors.ts';

/** What a watch stream carries, as the API server sends it. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: KubeObject }
  | { readonly type: 'ERROR'; readonly object: Status };

/** Errors: throws when the line is not a watch event; the line itself stays out of the message. */
export function parseWatchEvent(line: string): WatchEvent {
  const parsed: unknown = JSON.parse(line);
  if (parsed !== null && typeof parsed === 'object' && 'type' in parsed && 'object' in parsed) {
    const { type, object } = parsed;
    if (object !== null && typeof object === 'object') {
      if (type === 'ERROR') return { type, object };
      if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK') {
        return { type, object: withoutManagedFields(object as KubeObject) };
      }
    }
  }
  throw new Error('a line of the watch stream is not a watch event');
}

/**
 * Field ownership is often half of an object and nobody here reads it. Leaving it out of a later replace is
 * safe: the server keeps its own record where an update carries none.
 */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (object.metadata !== undefined) Reflect.deleteProperty(object.metadata, 'managedFields');
  return object;
}
