import type { NodeState, Want } from './node-state.ts';

export interface Budget {
  /** Of the reachable nodes of one cohort, how many may be out of service because of Outrigger. */
  readonly maxUnavailable: (reachable: number) => number;
  /** How many nodes of the model may fetch at a time. */
  readonly maxPrefetching: number;
}

/**
 * Which nodes may take their next step now, in the order given. Counts what is under way already, so that
 * calling it again changes nothing until the fleet has moved. `order` puts the most pressing nodes first.
 *
 * Steps that cost nothing are always allowed: making an ended pod again, and switching a node on which nothing
 * serves. A first pod on a node costs a fetch but no service.
 */
export function allot(
  order: readonly NodeState[],
  budget: Budget,
): { readonly state: NodeState; readonly want: Want }[] {
  const reachable = new Map<string, number>();
  const out = new Map<string, number>();
  let fetching = 0;
  for (const state of order) {
    const cohort = cohortOf(state);
    if (state.phase !== 'Offline') reachable.set(cohort, (reachable.get(cohort) ?? 0) + 1);
    if (state.interrupted) out.set(cohort, (out.get(cohort) ?? 0) + 1);
    if (state.fetching) fetching += 1;
  }

  const granted: { state: NodeState; want: Want }[] = [];
  for (const state of order) {
    const want = state.wants;
    if (want === undefined) continue;
    const cohort = cohortOf(state);
    switch (want.kind) {
      case 'Remake':
        granted.push({ state, want });
        break;
      case 'CreateServe':
      case 'CreatePrefetch':
        if (fetching < budget.maxPrefetching) {
          fetching += 1;
          granted.push({ state, want });
        }
        break;
      case 'Switch':
        if (!want.interrupts) {
          granted.push({ state, want });
        } else if ((out.get(cohort) ?? 0) < budget.maxUnavailable(reachable.get(cohort) ?? 0)) {
          out.set(cohort, (out.get(cohort) ?? 0) + 1);
          granted.push({ state, want });
        }
        break;
    }
  }
  return granted;
}

function cohortOf(state: NodeState): string {
  return state.target?.cohort ?? '';
}
