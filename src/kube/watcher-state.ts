import type { KubeObject } from '../api/object-meta.ts';
import type { Page } from './client.ts';
import { type ApiError, errorOfStatus } from './errors.ts';
import type { WatchEvent } from './watch-event.ts';

/**
 * Where a watcher stands; `failures` counts those in a row.
 * - Empty: nothing is known; list from the beginning.
 * - InitPage: in the middle of a paginated list.
 * - InitListed: all is known as of a resourceVersion; open a watch there.
 * - Watching: events are coming in.
 */
export type WatcherState =
  | { readonly phase: 'Empty'; readonly failures: number }
  | { readonly phase: 'InitPage'; readonly continue: string; readonly failures: number }
  | { readonly phase: 'InitListed'; readonly resourceVersion: string; readonly failures: number }
  | { readonly phase: 'Watching'; readonly resourceVersion: string; readonly failures: number };

export type WatcherInput =
  | { readonly type: 'page'; readonly page: Page<KubeObject> }
  | { readonly type: 'event'; readonly event: WatchEvent }
  /** The server ended the stream in good order; `openMs` after it was asked for. */
  | { readonly type: 'ended'; readonly openMs: number; readonly resyncDue: boolean }
  /** A list or a stream failed; `openMs` is 0 for lists. */
  | { readonly type: 'failed'; readonly error: ApiError; readonly openMs: number };

/**
 * What a watcher tells: `init`, then `initApply` for each object there is, then `initDone` (what was not named
 * is gone); then `apply` and `delete`. A new `init` may come at any time and begins again.
 */
export type WatcherEvent =
  | { readonly type: 'init' }
  | { readonly type: 'initApply'; readonly object: KubeObject }
  | { readonly type: 'initDone'; readonly resourceVersion: string }
  | { readonly type: 'apply'; readonly object: KubeObject }
  | { readonly type: 'delete'; readonly object: KubeObject };

export interface Transition {
  readonly state: WatcherState;
  readonly emit: readonly WatcherEvent[];
  /** Set where the next attempt has to wait: for the backoff of state.failures, and for what the error asks. */
  readonly failure?: ApiError | 'ShortWatch';
}

export const START: WatcherState = { phase: 'Empty', failures: 0 };

/** A stream that lived this long was healthy: the next failure is the first of a new row. */
const HEALTHY_MS = 60_000;
/** A server that ends streams faster, without an event, would have us ask again in a hot loop. */
const SHORT_WATCH_MS = 1_000;
/** As many refusals of one resourceVersion mean that it is the trouble (a restored etcd, for one). */
const MAX_REFUSALS = 5;

/** The whole of a watcher's decisions: every input in every state, and for every error the state that follows. */
export function step(state: WatcherState, input: WatcherInput): Transition {
  switch (input.type) {
    case 'page':
      return paged(input.page);
    case 'event':
      return happened(state, input.event);
    case 'ended':
      return ended(state, input.openMs, input.resyncDue);
    case 'failed':
      return failed(state, input.error, input.openMs);
  }
}

function paged(page: Page<KubeObject>): Transition {
  const emit: WatcherEvent[] = page.items.map((object) => ({ type: 'initApply', object }));
  if (page.continue !== undefined) {
    return { state: { phase: 'InitPage', continue: page.continue, failures: 0 }, emit };
  }
  const { resourceVersion } = page;
  emit.push({ type: 'initDone', resourceVersion });
  return { state: { phase: 'InitListed', resourceVersion, failures: 0 }, emit };
}

function happened(state: WatcherState, event: WatchEvent): Transition {
  if (event.type === 'ERROR') return failed(state, errorOfStatus('watch', event.object), 0);
  const resourceVersion = event.object.metadata.resourceVersion ?? versionOf(state);
  const next: WatcherState = { phase: 'Watching', resourceVersion, failures: state.failures };
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
      return { state: next, emit: [{ type: 'apply', object: event.object }] };
    case 'DELETED':
      return { state: next, emit: [{ type: 'delete', object: event.object }] };
    case 'BOOKMARK':
      return { state: next, emit: [] };
  }
}

function ended(state: WatcherState, openMs: number, resyncDue: boolean): Transition {
  if (resyncDue) return { state: START, emit: [] };
  if (state.phase === 'InitListed' && openMs < SHORT_WATCH_MS) {
    return { state: { ...state, failures: state.failures + 1 }, emit: [], failure: 'ShortWatch' };
  }
  return { state: { phase: 'InitListed', resourceVersion: versionOf(state), failures: 0 }, emit: [] };
}

function failed(state: WatcherState, error: ApiError, openMs: number): Transition {
  const failures = openMs >= HEALTHY_MS ? 1 : state.failures + 1;
  return { state: afterFailure(state, error, failures), emit: [], failure: error };
}

function afterFailure(state: WatcherState, error: ApiError, failures: number): WatcherState {
  // Gone: a continue token or a resourceVersion too old. Invalid: the server cannot read it at all.
  if (error.code === 'gone' || error.code === 'invalid') return { phase: 'Empty', failures };
  switch (state.phase) {
    case 'Empty':
    case 'InitPage':
      return { ...state, failures };
    case 'InitListed': {
      // Without an answer (status 0) nothing was refused: a bad link is no reason to list a fleet again.
      const refused = error.status !== 0 && error.code !== 'throttled' && failures >= MAX_REFUSALS;
      return refused ? { phase: 'Empty', failures } : { ...state, failures };
    }
    case 'Watching':
      return { phase: 'InitListed', resourceVersion: state.resourceVersion, failures };
  }
}

function versionOf(state: WatcherState): string {
  return state.phase === 'InitListed' || state.phase === 'Watching' ? state.resourceVersion : '';
}
