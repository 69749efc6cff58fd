import type { NodeState, Want } from './node-state.ts';

export interface Budget {
  /** Of the reachable nodes of one cohort, how many may be out of service because of Outrigger. */
  readonly maxUnavailable: (reachable: number) => number;
  readonly pulls: PullBudget;
}

/** Pulls are counted over all models: a registry and an uplink do not care whose they are. */
export interface PullBudget {
  /** With so many under way none is begun. */
  readonly max: number;
  /** Under way for this model. */
  readonly own: number;
  /** Under way, or about to begin, for other models. */
  readonly elsewhere: number;
  /** Another model has waited for longer: the next place is its. */
  readonly ahead: boolean;
  /** How many may begin now. */
  readonly starts: number;
  /** Those that bring a node back into order: they wait for no other model. */
  readonly isUrgent: (state: NodeState) => boolean;
}

export interface Allotment {
  readonly granted: readonly { readonly state: NodeState; readonly want: Want }[];
  /** What kept a pull from beginning: there is no place for it, or too many have only just begun. */
  readonly waitsFor: 'Place' | 'Start' | undefined;
}

/**
 * Which nodes may take their next step now, in the order given. Counts what is under way already, so that
 * calling it again changes nothing until the fleet has moved. `order` puts the most pressing nodes first.
 *
 * Steps that cost nothing are always allowed: making an ended pod again, switching a node on which nothing
 * serves, and starting what was fetched before. A first pod on a node costs a fetch but no service.
 */
export function allot(order: readonly NodeState[], budget: Budget): Allotment {
  const reachable = new Map<string, number>();
  const out = new Map<string, number>();
  for (const state of order) {
    const cohort = cohortOf(state);
    if (state.phase !== 'Offline') reachable.set(cohort, (reachable.get(cohort) ?? 0) + 1);
    if (state.interrupted) out.set(cohort, (out.get(cohort) ?? 0) + 1);
  }

  const { max, own, elsewhere, ahead, starts, isUrgent } = budget.pulls;
  const granted: { state: NodeState; want: Want }[] = [];
  let begun = 0;
  let waitsFor: Allotment['waitsFor'];
  for (const state of order) {
    const want = state.wants;
    if (want === undefined) continue;
    const cohort = cohortOf(state);
    switch (want.kind) {
      case 'Remake':
        granted.push({ state, want });
        break;
      case 'CreateServe':
      case 'CreatePrefetch': {
        const fetched = want.kind === 'CreateServe' && want.fetched;
        const others = isUrgent(state) ? 0 : elsewhere;
        const place = own + begun + others < max && (!ahead || isUrgent(state));
        if (fetched) {
          granted.push({ state, want });
        } else if (!place) {
          waitsFor = 'Place';
        } else if (begun >= starts) {
          waitsFor ??= 'Start';
        } else {
          begun += 1;
          granted.push({ state, want });
        }
        break;
      }
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
  return { granted, waitsFor };
}

function cohortOf(state: NodeState): string {
  return state.target?.cohort ?? '';
}
