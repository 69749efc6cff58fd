import { describe, expect, it } from 'vitest';
import { stateOf, watchOf } from './fakes.ts';
import { health, LEASE_WEDGED_MS, PASS_WEDGED_MS } from './health.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');

const held = (ms: number) =>
  health(stateOf({ term: { renewedAt: NOW - ms, endedAt: undefined } }), NOW).reasons;
const ended = (ms: number) =>
  health(stateOf({ term: { renewedAt: NOW - ms, endedAt: NOW - ms } }), NOW).reasons;
const pass = (step: 'Acting' | 'Asking', ms: number) =>
  health(stateOf({ passes: [{ key: 'vision/defects', step, since: NOW - ms }] }), NOW).reasons;

describe('health', () => {
  it('does not end with the API server, however long it is away', () => {
    const dead = watchOf('nodes', { connected: false, lastAnswerAt: NOW - 86_400_000, error: 'refused' });
    expect(health(stateOf({ watches: [dead], term: undefined }), NOW)).toEqual({ ok: true, reasons: [] });
  });

  it('ends for a leader that has neither renewed its lease nor given it up', () => {
    expect(held(LEASE_WEDGED_MS - 1)).toEqual([]);
    expect(held(LEASE_WEDGED_MS)).toEqual([
      'the lease was neither renewed nor given up since 2026-01-01T00:59:00Z (60 s)',
    ]);
  });

  it('does not ask for renewals of a leader without a lease', () => {
    expect(health(stateOf({ term: { renewedAt: undefined, endedAt: undefined } }), NOW).ok).toBe(true);
  });

  it('ends where the work of a lost term goes on for ever', () => {
    expect(ended(PASS_WEDGED_MS - 1)).toEqual([]);
    expect(ended(PASS_WEDGED_MS)).toEqual([
      'the work of a term that is over has not ended since 2026-01-01T00:40:00Z (1200 s)',
    ]);
  });

  it('ends for a pass that does nothing, but not for one that waits for a Prometheus', () => {
    expect(pass('Acting', PASS_WEDGED_MS - 1)).toEqual([]);
    expect(pass('Acting', PASS_WEDGED_MS)).toEqual([
      'a pass over vision/defects has done nothing since 2026-01-01T00:40:00Z (1200 s)',
    ]);
    expect(pass('Asking', 2 * PASS_WEDGED_MS)).toEqual([]);
  });
});
