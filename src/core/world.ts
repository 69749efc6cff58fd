import type { CandidateMemory } from './rollout/memory.ts';
import { markAnnotations } from './revision/controller-revision.ts';
import { highestOrder } from './revision/revision.ts';
import type { PromotedBy, RejectedMark, Revision } from './revision/revision.ts';
import type { Reason } from './reason.ts';

/** What Outrigger itself remembers of a model; a decision changes it step by step before anything is done. */
export interface World {
  readonly revisions: readonly Revision[];
  readonly memories: readonly CandidateMemory[];
}

/** One step of a decision. `event` is what people are told of it. */
export type Change =
  | { readonly kind: 'Create'; readonly revision: Revision; readonly event?: Reason | undefined }
  | { readonly kind: 'Remember'; readonly memory: CandidateMemory; readonly event?: Reason | undefined }
  | {
      readonly kind: 'Promote';
      readonly hash: string;
      readonly cohorts: readonly string[];
      readonly complete: boolean;
      readonly by: PromotedBy;
      readonly event?: Reason | undefined;
    }
  | {
      readonly kind: 'Reject';
      readonly hash: string;
      readonly mark: RejectedMark;
      readonly event?: Reason | undefined;
    };

export function withChange(world: World, change: Change, now: number): World {
  switch (change.kind) {
    case 'Create':
      return { ...world, revisions: [...world.revisions, change.revision] };
    case 'Remember': {
      const same = (each: CandidateMemory) =>
        each.revision === change.memory.revision && each.attempt === change.memory.attempt;
      return { ...world, memories: [...world.memories.filter((each) => !same(each)), change.memory] };
    }
    case 'Promote': {
      const order = highestOrder(world.revisions) + 1;
      const at = new Date(now).toISOString();
      return withRevision(world, change.hash, (revision) => ({
        ...revision,
        promoted: {
          ...revision.promoted,
          cohorts: {
            ...revision.promoted?.cohorts,
            ...Object.fromEntries(change.cohorts.map((cohort) => [cohort, { order, at, by: change.by }])),
          },
          ...(change.complete ? { complete: { order, at } } : {}),
        },
      }));
    }
    case 'Reject':
      return withRevision(world, change.hash, (revision) => ({
        ...revision,
        rejected: [...revision.rejected, change.mark],
      }));
  }
}

/** The annotations of a revision's marks as they are now. */
export function annotationsOf(revision: Revision): Record<string, string> {
  return markAnnotations({
    promoted: revision.promoted,
    rejected: revision.rejected.length > 0 ? revision.rejected : undefined,
  });
}

function withRevision(world: World, hash: string, change: (revision: Revision) => Revision): World {
  return { ...world, revisions: world.revisions.map((each) => (each.hash === hash ? change(each) : each)) };
}
