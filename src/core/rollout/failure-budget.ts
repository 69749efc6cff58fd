/** How many of a wave's nodes may fail before the revision does. */
export interface FailureBudget {
  /** A share of the wave, 0..1. */
  readonly failureThreshold: number;
  /** At least so many must have failed; never more than the wave's size. */
  readonly minFailedNodes: number;
}

/**
 * `Within`: so few failed that the wave may go on without them. `Holds`: too many to go on, too few to blame
 * the revision. `Exceeded`: the revision is at fault.
 *
 * @param reachable nodes of the wave that could be reached
 * @param size all nodes of the wave: where most are dark, one that fails is not yet the wave
 */
export function judgeFailures(
  failed: number,
  reachable: number,
  budget: FailureBudget,
  size = reachable,
): 'Within' | 'Holds' | 'Exceeded' {
  if (failed === 0 || reachable === 0) return 'Within';
  if (failed / reachable < budget.failureThreshold) return 'Within';
  return failed >= Math.min(budget.minFailedNodes, size) ? 'Exceeded' : 'Holds';
}
