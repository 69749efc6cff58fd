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
 * @param size nodes of the wave that could be reached
 */
export function judgeFailures(
  failed: number,
  size: number,
  budget: FailureBudget,
): 'Within' | 'Holds' | 'Exceeded' {
  if (failed === 0 || size === 0) return 'Within';
  if (failed / size < budget.failureThreshold) return 'Within';
  return failed >= Math.min(budget.minFailedNodes, size) ? 'Exceeded' : 'Holds';
}
