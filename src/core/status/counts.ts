import type { NodeState } from '../node/node-state.ts';
import { hasStarted } from '../node/suspect.ts';

/** Honest counts: offline nodes are counted as offline, not as failed and not as updated. */
export interface Counts {
  readonly nodes: number;
  /** Of which a share is taken: without those that are offline, or come and go, and never ran the revision. */
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
  const awayBefore = states.filter(
    ({ phase, targetPod, reason }) =>
      isAway(phase, reason) && !(targetPod?.revision === revision && hasStarted(targetPod)),
  ).length;
  const online = states.filter(({ phase }) => phase !== 'Offline');
  return {
    nodes: states.length,
    reckoned: states.length - awayBefore,
    updated: online.filter(({ targetPod, phase }) => phase === 'Serving' && targetPod?.revision === revision)
      .length,
    ready: online.filter(({ serving }) => serving !== undefined).length,
    offline: states.length - online.length,
    lagging: states.filter(
      ({ phase, target, targetPod, reason: why }) =>
        target !== undefined && isAway(phase, why) && (targetPod === undefined || targetPod.deleting),
    ).length,
    failed: states.filter(({ phase }) => phase === 'Failed').length,
  };
}

/** A node that comes and goes is as good as one that is gone, until it stays. */
function isAway(phase: NodeState['phase'], reason: NodeState['reason']): boolean {
  return phase === 'Offline' || reason?.code === 'NodeUnsteady';
}
