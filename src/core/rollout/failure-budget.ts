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
 * @param reachable nodes of the wave that could be reached, and those that went dark with the candidate
 * @param size all nodes of the wave: where most are dark, one that fails is not yet the wave
 * @param dark nodes charged for going dark. One of them alone is an accident, also in a wave of one
 */
export function judgeFailures(
  failed: number,
  reachable: number,
  budget: FailureBudget,
  size = reachable,
  dark = 0,
): 'Within' | 'Holds' | 'Exceeded' {
  const charged = failed + dark;
  if (charged === 0 || reachable === 0) return 'Within';
  if (charged / reachable < budget.failureThreshold) return 'Within';
  const enough = Math.min(budget.minFailedNodes, failed === 0 ? Math.max(2, size) : size);
  return charged >= enough ? 'Exceeded' : 'Holds';
}
