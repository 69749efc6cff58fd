import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../api/object-meta.ts';
import { ApiError, type ApiErrorCode } from './errors.ts';
import { START, step, type WatcherInput, type WatcherState } from './watcher-state.ts';

function pod(name: string, resourceVersion: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, resourceVersion } };
}

function failure(code: ApiErrorCode, status: number, openMs = 0): WatcherInput {
  return {
    type: 'failed',
    error: new ApiError('watch pods', 'no', { code, status, reason: 'Test' }),
    openMs,
  };
}

const EMPTY: WatcherState = { phase: 'Empty', failures: 2 };
const PAGE: WatcherState = { phase: 'InitPage', continue: 'c1', failures: 2 };
const LISTED: WatcherState = { phase: 'InitListed', resourceVersion: '10', failures: 2 };
const WATCHING: WatcherState = { phase: 'Watching', resourceVersion: '10', failures: 2 };

const gone = failure('gone', 410);
const reset = failure('transient', 0);
const status500 = failure('transient', 500);
const gone500 = {
  type: 'event',
  event: { type: 'ERROR', object: { code: 410, reason: 'Expired', message: 'too old' } },
} as const;
const error500 = { type: 'event', event: { type: 'ERROR', object: { code: 500, message: 'etcd' } } } as const;

describe('step: every failure names the state that follows', () => {
  it.each<[string, WatcherState, WatcherInput, WatcherState]>([
    ['a list is refused', EMPTY, status500, { phase: 'Empty', failures: 3 }],
    ['a list breaks', EMPTY, reset, { phase: 'Empty', failures: 3 }],
    ['a page breaks', PAGE, reset, { phase: 'InitPage', continue: 'c1', failures: 3 }],
    ['the continue token expired', PAGE, gone, { phase: 'Empty', failures: 3 }],
    ['a watch cannot be opened', LISTED, reset, { phase: 'InitListed', resourceVersion: '10', failures: 3 }],
    ['credentials are stale', LISTED, failure('unauthorized', 401), { ...LISTED, failures: 3 }],
    ['the server throttles', LISTED, failure('throttled', 429), { ...LISTED, failures: 3 }],
    ['the version is too old', LISTED, gone, { phase: 'Empty', failures: 3 }],
    ['the version is unreadable', LISTED, failure('invalid', 400), { phase: 'Empty', failures: 3 }],
    [
      'the version is refused too often',
      { ...LISTED, failures: 4 },
      status500,
      { phase: 'Empty', failures: 5 },
    ],
    ['the link is bad for long', { ...LISTED, failures: 9 }, reset, { ...LISTED, failures: 10 }],
    [
      'it is throttled for long',
      { ...LISTED, failures: 9 },
      failure('throttled', 429),
      { ...LISTED, failures: 10 },
    ],
    ['a stream breaks', WATCHING, reset, { phase: 'InitListed', resourceVersion: '10', failures: 3 }],
    ['a healthy stream breaks', WATCHING, failure('transient', 0, 60_000), { ...LISTED, failures: 1 }],
    ['410 in the stream', WATCHING, gone500, { phase: 'Empty', failures: 3 }],
    ['500 in the stream', WATCHING, error500, { phase: 'InitListed', resourceVersion: '10', failures: 3 }],
    ['410 as the first event', LISTED, gone500, { phase: 'Empty', failures: 3 }],
  ])('%s', (_, state, input, expected) => {
    const transition = step(state, input);
    expect(transition.state).toEqual(expected);
    expect(transition.failure).toBeInstanceOf(ApiError);
    expect(transition.emit).toEqual([]);
  });
});

describe('step: the good way', () => {
  it('collects pages and watches from the version of the list', () => {
    const first = step(START, {
      type: 'page',
      page: { items: [pod('a', '3')], resourceVersion: '10', continue: 'c1' },
    });
    expect(first).toEqual({
      state: { phase: 'InitPage', continue: 'c1', failures: 0 },
      emit: [{ type: 'initApply', object: pod('a', '3') }],
    });
    const last = step(first.state, { type: 'page', page: { items: [pod('b', '4')], resourceVersion: '10' } });
    expect(last).toEqual({
      state: { phase: 'InitListed', resourceVersion: '10', failures: 0 },
      emit: [
        { type: 'initApply', object: pod('b', '4') },
        { type: 'initDone', resourceVersion: '10' },
      ],
    });
  });

  it.each([
    ['ADDED', 'apply'],
    ['MODIFIED', 'apply'],
    ['DELETED', 'delete'],
  ] as const)('tells %s as %s and moves its version on', (type, emitted) => {
    const object = pod('a', '11');
    const transition = step(LISTED, { type: 'event', event: { type, object } });
    expect(transition.state).toEqual({ phase: 'Watching', resourceVersion: '11', failures: 2 });
    expect(transition.emit).toEqual([{ type: emitted, object }]);
  });

  it('moves its version on at a bookmark and tells nobody', () => {
    const transition = step(WATCHING, { type: 'event', event: { type: 'BOOKMARK', object: pod('', '99') } });
    expect(transition).toEqual({ state: { ...WATCHING, resourceVersion: '99' }, emit: [] });
  });

  it.each<[string, WatcherState, number, boolean, WatcherState, string | undefined]>([
    ['after its time', WATCHING, 300_000, false, { ...LISTED, failures: 0 }, undefined],
    ['after its time without an event', LISTED, 300_000, false, { ...LISTED, failures: 0 }, undefined],
    ['soon, but with events', WATCHING, 10, false, { ...LISTED, failures: 0 }, undefined],
    ['at once without an event', LISTED, 10, false, { ...LISTED, failures: 3 }, 'ShortWatch'],
    ['when a resync is due', WATCHING, 300_000, true, START, undefined],
  ])('a stream that ends %s', (_, state, openMs, resyncDue, expected, reported) => {
    const transition = step(state, { type: 'ended', openMs, resyncDue });
    expect(transition.state).toEqual(expected);
    expect(transition.failure).toBe(reported);
  });
});
