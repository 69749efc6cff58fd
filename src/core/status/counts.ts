import type { NodeState } from '../node/node-state.ts';
import { hasStarted } from '../node/suspect.ts';

/** Honest counts: offline nodes are counted as offline, not as failed and not as updated. */
export interface Counts {
  readonly nodes: number;
  /** Of which a share is taken: without those that are offline and never ran the revision. */
  readonly reckoned: number;
  /** Serve the revision, and are ready. */
  readonly updated: number;
  /** Serve any revision, and are ready. */
  readonly ready: number;
  readonly offline: number;
  /** Owed the promoted revision, and not reached with it yet. */
  readonly lagging: number;
  readonly failed: number;
}

export function countNodes(states: readonly NodeState[], revision: string): Counts {
  const offlineBefore = states.filter(
    ({ phase, targetPod }) =>
      phase === 'Offline' && !(targetPod?.revision === revision && hasStarted(targetPod)),
  ).length;
  const online = states.filter(({ phase }) => phase !== 'Offline');
  return {
    nodes: states.length,
    reckoned: states.length - offlineBefore,
    updated: online.filter(({ targetPod, phase }) => phase === 'Serving' && targetPod?.revision === revision)
      .length,
    ready: online.filter(({ serving }) => serving !== undefined).length,
    offline: states.length - online.length,
    lagging: states.filter(
      ({ phase, target, targetPod, reason: why }) =>
        target !== undefined &&
        (phase === 'Offline' || why?.code === 'NodeUnsteady') &&
        (targetPod === undefined || targetPod.deleting),
    ).length,
    failed: states.filter(({ phase }) => phase === 'Failed').length,
  };
}
