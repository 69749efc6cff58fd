import type { EdgeRolloutStatus, RolloutPhase } from '../../api/edge-rollout-status.ts';

/** Since when a rollout is in the phase: kept while it stays. RFC 3339. */
export function phaseSince(
  before: Pick<EdgeRolloutStatus, 'phase' | 'phaseSince'> | undefined,
  phase: RolloutPhase,
  now: string,
): string {
  return (before?.phase === phase ? before.phaseSince : undefined) ?? now;
}
