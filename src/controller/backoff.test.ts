import { describe, expect, it } from 'vitest';
import { type Backoff, backoffDelay } from './backoff.ts';

const PLAIN: Backoff = { baseMs: 100, maxMs: 1_000, jitter: 0 };

describe('backoffDelay', () => {
  it.each([
    [0, 100],
    [1, 100],
    [2, 200],
    [3, 400],
    [4, 800],
    [5, 1_000],
    [5_000, 1_000],
  ])('after %i failures waits %i ms', (failures, expected) => {
    expect(backoffDelay(PLAIN, failures, () => 0)).toBe(expected);
  });

  it('takes the random part off, so that the cap holds', () => {
    const jittered = { ...PLAIN, jitter: 0.5 };
    expect(backoffDelay(jittered, 5, () => 0)).toBe(1_000);
    expect(backoffDelay(jittered, 5, () => 0.5)).toBe(750);
  });
});
