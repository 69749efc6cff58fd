import type { EdgeRollout } from '../api/edge-rollout.ts';

/** At most one rollout governs a model: the oldest, by name where two are of the same second. One that is being deleted governs nothing. */
export function governingRollout(rollouts: readonly EdgeRollout[]): EdgeRollout | undefined {
  return rollouts
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .toSorted((a, b) =>
      age(a) < age(b) ? -1 : age(a) > age(b) ? 1 : a.metadata.name < b.metadata.name ? -1 : 1,
    )[0];
}

function age({ metadata }: EdgeRollout): string {
  return metadata.creationTimestamp ?? '';
}
