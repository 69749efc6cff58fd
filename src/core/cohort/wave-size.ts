import { MIN_HOLDBACK_NODES } from '../../api/defaults.ts';
import { resolveCount } from '../../api/fraction.ts';
import type { CountOrPercent } from '../../api/fraction.ts';

/**
 * How many nodes of a cohort run the candidate in a wave.
 *
 * Before the last wave a cohort keeps its concurrent baseline: at most half of it moves, and `holdback` (at
 * least three nodes) stays, but a cohort of two or more sends at least one node ahead, because a class that
 * nobody tried first is the very thing that canaries are for.
 *
 * @param wanted the wave's `nodes`
 * @param eligible nodes of the cohort when the wave starts
 * @param previous the size of the wave before
 * @param holdback nodes of the cohort that stay on stable; at least three do
 */
export function waveSize(
  wanted: CountOrPercent,
  eligible: number,
  previous: number,
  last: boolean,
  holdback: number,
): number {
  const asked = Math.max(previous, resolveCount(wanted, eligible));
  if (last) return Math.min(asked, eligible);
  const kept = Math.max(MIN_HOLDBACK_NODES, holdback);
  const most = Math.max(Math.min(Math.floor(eligible / 2), eligible - kept), eligible >= 2 ? 1 : 0);
  return Math.min(asked, Math.max(most, previous), eligible);
}
