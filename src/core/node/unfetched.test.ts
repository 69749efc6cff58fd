import { expect, it } from 'vitest';
import { MINUTE } from '../fixtures/objects.ts';
import { triedAgainAt } from './unfetched.ts';

it.each([
  [1, 1],
  [2, 2],
  [3, 4],
  [4, 5],
  [40, 5],
])('after %i failures a pod is made again in %i minutes, or up to half as long more', (count, minutes) => {
  const waits = Array.from({ length: 200 }, (_, index) => triedAgainAt(`pod-${index}`, { count, at: 0 }));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(minutes * MINUTE);
  expect(Math.max(...waits)).toBeLessThan(1.5 * minutes * MINUTE);
  // They are spread over that time, and each comes at the same time whenever it is asked.
  expect(new Set(waits.map((wait) => Math.floor((wait / MINUTE / minutes - 1) * 10)))).toEqual(
    new Set([0, 1, 2, 3, 4]),
  );
  expect(triedAgainAt('pod-7', { count, at: 0 })).toBe(waits[7]);
});
