import { isGoingBack } from '../node/going-back.ts';
import type { NodeState } from '../node/node-state.ts';
import type { Revision } from '../revision/revision.ts';
import type { NodeView } from '../views/node-view.ts';
import type { NodeWindow } from './node-window.ts';

/**
 * Outside its windows a node does not begin to change: no old pod is taken away, and no new one starts beside it,
 * which would take over whenever it is ready. What was begun is finished. Fetching ahead goes on, and so does what
 * nobody wants to be put off: leaving a rejected revision, and a node on which nothing serves.
 */
export function withWindow(
  state: NodeState,
  windowOf: (node: NodeView) => NodeWindow,
  revisions: readonly Revision[],
): NodeState {
  if (!waitsForWindow(state, windowOf, revisions)) return state;
  const window = windowOf(state.node);
  return window.open ? state : { ...state, wants: undefined, reason: window.reason, opensAt: window.opensAt };
}

/** Whether the node's next step is one that has to wait until its window opens. */
export function waitsForWindow(
  state: NodeState,
  windowOf: (node: NodeView) => NodeWindow,
  revisions: readonly Revision[],
): boolean {
  return changesNode(state) && !isGoingBack(state, revisions) && !windowOf(state.node).open;
}

function changesNode({ wants, serving }: NodeState): boolean {
  if (serving === undefined) return false;
  return wants?.kind === 'Switch' || wants?.kind === 'CreateServe';
}

/** When the first of the nodes that wait for it may go on, ms. */
export function nextWindow(states: ReadonlyMap<string, NodeState>): number | undefined {
  let next: number | undefined;
  for (const { opensAt } of states.values()) {
    if (opensAt !== undefined) next = Math.min(next ?? opensAt, opensAt);
  }
  return next;
}
