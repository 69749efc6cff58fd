import { describe, expect, test } from 'vitest';

import { setCondition } from './condition.ts';
import type { Condition } from './condition.ts';

const EARLIER = '2026-01-01T00:00:00Z';
const NOW = '2026-01-02T00:00:00Z';

const ready: Condition = {
  type: 'Ready',
  status: 'False',
  reason: 'Soaking',
  message: 'wave canary soaks until 12:00',
  lastTransitionTime: EARLIER,
  observedGeneration: 1,
};
const stalled: Condition = { ...ready, type: 'Stalled' };

describe('setCondition', () => {
  test('adds one that is not there', () => {
    const { lastTransitionTime: _, ...next } = ready;
    expect(setCondition([], next, NOW)).toEqual([{ ...next, lastTransitionTime: NOW }]);
  });

  test('keeps the time of transition while the status is the same', () => {
    const next = {
      type: 'Ready',
      status: 'False',
      reason: 'NoData',
      message: 'none',
      observedGeneration: 2,
    } as const;
    expect(setCondition([stalled, ready], next, NOW)).toEqual([
      stalled,
      { ...next, lastTransitionTime: EARLIER },
    ]);
  });

  test('notes the time when the status changes', () => {
    const next = { type: 'Ready', status: 'True', reason: 'Promoted', message: 'ok' } as const;
    expect(setCondition([ready, stalled], next, NOW)).toEqual([
      { ...next, lastTransitionTime: NOW },
      stalled,
    ]);
  });

  test('leaves the list that it was given as it is', () => {
    const list = [ready];
    setCondition(list, { type: 'Ready', status: 'True', reason: 'Promoted', message: 'ok' }, NOW);
    expect(list).toEqual([ready]);
  });
});
