import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueLook, nextLookAt } from './look-times.ts';

const MINUTE = 60_000;
const times = {
  from: 1_000 * MINUTE,
  resolutionMs: MINUTE,
  queryDelayMs: 30_000,
  inconclusiveAfterMs: 90 * MINUTE,
};
const at = (minutes: number) => times.from + minutes * MINUTE;

describe('when the judge looks', () => {
  it.each([
    { minutes: 0, due: undefined },
    { minutes: 2.4, due: undefined },
    { minutes: 2.5, due: 2 },
    { minutes: 3.4, due: 2 },
    { minutes: 3.5, due: 3 },
    { minutes: 90.5, due: 90 },
    { minutes: 150.4, due: 90 },
    { minutes: 150.5, due: 150 },
    { minutes: 209, due: 150 },
  ])('after $minutes minutes: $due', ({ minutes, due }) => {
    expect(dueLook(times, at(minutes))).toBe(due);
  });

  it('the next look is the first moment at which another one is due', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 * 60 * MINUTE }), (after) => {
        const now = times.from + after;
        const due = dueLook(times, now);
        const next = nextLookAt(times, due);
        expect(next).toBeGreaterThan(now);
        expect(dueLook(times, next - 1)).toBe(due);
        expect(dueLook(times, next)).not.toBe(due);
      }),
    );
  });
});
