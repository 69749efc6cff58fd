import type { RolloutOutcome } from '../controller/ports/meter.ts';
import type { PromotedBy, Revision } from '../core/revision/revision.ts';
import type { CandidateMemory } from '../core/rollout/memory.ts';
import type { ClusterStores } from '../kube/cluster/cluster-stores.ts';
import type { ConfigMapView } from '../controller/ports/cluster-view.ts';

type Marks = Pick<Revision, 'promoted' | 'rejected'>;

const BY: Readonly<Record<PromotedBy, RolloutOutcome>> = {
  Judge: 'Promoted',
  PromotedByPerson: 'PromotedByPerson',
  FirstRevision: 'PromotedFirst',
  Revert: 'Reverted',
  Rolling: 'PromotedByReadiness',
  // Marked from its creation on, of which nothing is told.
  Adopted: 'PromotedFirst',
};

/**
 * Tells of each outcome when its mark appears: on the revision, where promotion and rejection have their one
 * home, or in the candidate's memory. So nothing is counted that was not written, and what was written is counted
 * once, also where the answer to the write got lost.
 */
export function countOutcomes(
  stores: Pick<ClusterStores, 'revisions' | 'configMaps'>,
  tell: (outcome: RolloutOutcome) => void,
): void {
  stores.revisions.subscribe((change) => {
    if (change.type !== 'updated') return;
    for (const outcome of revisionOutcomes(change.old.revision, change.new.revision)) tell(outcome);
  });
  stores.configMaps.subscribe((change) => {
    if (change.type !== 'updated') return;
    const outcome = memoryOutcome(change.old.memory, change.new.memory);
    if (outcome !== undefined) tell(outcome);
  });
}

export function revisionOutcomes(
  before: Marks | undefined,
  after: Marks | undefined,
): readonly RolloutOutcome[] {
  if (before === undefined || after === undefined) return [];
  const outcomes: RolloutOutcome[] = [];
  if (
    after.promoted?.complete !== undefined &&
    after.promoted.complete.order !== before.promoted?.complete?.order
  ) {
    // Cohorts of one promotion are mostly promoted together; the one promoted last says how.
    const last = Object.values(after.promoted.cohorts).toSorted((a, b) => b.order - a.order)[0];
    outcomes.push(last === undefined ? 'Promoted' : BY[last.by]);
  }
  for (const { attempt, cohort, reason } of after.rejected) {
    if (before.rejected.some((old) => old.attempt === attempt && old.cohort === cohort)) continue;
    if (reason === 'AbortedByPerson') outcomes.push('AbortedByPerson');
    else outcomes.push(cohort === '*' ? 'RolledBack' : 'RolledBackInCohort');
  }
  return outcomes;
}

/** Promotion and rejection are told by the revision. */
function memoryOutcome(
  before: ConfigMapView['memory'],
  after: ConfigMapView['memory'],
): RolloutOutcome | undefined {
  const ended = endOf(after);
  if (ended === undefined || before === undefined || endOf(before) !== undefined) return undefined;
  return ended === 'Inconclusive' || ended === 'Superseded' ? ended : undefined;
}

function endOf(memory: ConfigMapView['memory']): NonNullable<CandidateMemory['ended']>['how'] | undefined {
  return memory === undefined || memory === 'unreadable' ? undefined : memory.ended?.how;
}
