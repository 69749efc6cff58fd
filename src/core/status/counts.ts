import type { NodeState } from '../node/node-state.ts';

/** Honest counts: offline nodes are counted as offline, not as failed and not as updated. */
export interface Counts {
  readonly nodes: number;
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
  const online = states.filter(({ phase }) => phase !== 'Offline');
  return {
    nodes: states.length,
    updated: online.filter(({ targetPod, phase }) => phase === 'Serving' && targetPod?.revision === revision)
      .length,
    ready: online.filter(({ serving }) => serving !== undefined).length,
    offline: states.length - online.length,
    lagging: states.filter(
      ({ phase, target, targetPod }) =>
        target !== undefined && phase === 'Offline' && targetPod === undefined,
    ).length,
    failed: states.filter(({ phase }) => phase === 'Failed').length,
  };
}
