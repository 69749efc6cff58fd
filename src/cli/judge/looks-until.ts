import { dueLook, nextLookAt } from '../../core/rollout/look-times.ts';
import type { LookTimes } from '../../core/rollout/look-times.ts';

/** All looks that were due by then, as the steps that each sees, ascending. @param at ms since the epoch */
export function looksUntil(times: LookTimes, at: number): readonly number[] {
  const looks: number[] = [];
  for (let due = nextLookAt(times, undefined); due <= at; due = nextLookAt(times, looks.at(-1))) {
    const look = dueLook(times, due);
    if (look === undefined) break;
    looks.push(look);
  }
  return looks;
}
