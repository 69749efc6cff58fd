import { describe, expect, it } from 'vitest';
import { stateOf, watchOf } from './fakes.ts';
import { readiness, WATCH_DEAD_MS } from './readiness.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');

const dead = (ms: number) =>
  readiness(
    stateOf({
      watches: [
        watchOf('pods', { lastAnswerAt: NOW }),
        watchOf('nodes', { connected: false, lastAnswerAt: NOW - ms, error: 'list nodes: refused' }),
      ],
    }),
    NOW,
  );

describe('readiness', () => {
  it('waits until every resource has been listed', () => {
    const pods = watchOf('pods', {
      answered: false,
      connected: false,
      lastAnswerAt: NOW - 5_000,
      error: 'no',
    });
    const state = stateOf({ ready: false, watches: [watchOf('nodes', { lastAnswerAt: NOW }), pods] });
    expect(readiness(state, NOW)).toEqual({
      ok: false,
      reasons: ['pods: not read yet, trying since 2026-01-01T00:59:55Z (5 s): no'],
    });
    expect(readiness(stateOf({ ready: false }), NOW).ok).toBe(false);
  });

  it('ends when a watch is dead, and says which, since when and why', () => {
    expect(dead(WATCH_DEAD_MS - 1)).toEqual({ ok: true, reasons: [] });
    expect(dead(WATCH_DEAD_MS).reasons).toEqual([
      'nodes: the watch is dead, last answer 2026-01-01T00:58:00Z (120 s): list nodes: refused',
    ]);
  });

  it('does not ask who leads', () => {
    const state = stateOf({ term: undefined, watches: [watchOf('nodes', { lastAnswerAt: NOW })] });
    expect(readiness(state, NOW).ok).toBe(true);
  });
});
