import type { NodeException } from '../../api/edge-model-status.ts';
import { clip } from '../../api/text.ts';
import type { NodeState } from '../node/node-state.ts';

/** Never one for each node: a status must stay readable, and an object small. */
const MOST = 20;

/** What passes by itself, as it was asked for. */
const EXPECTED = new Set(['Terminating', 'OutsideWindow']);

const GRAVITY: Readonly<Record<string, number>> = {
  Failed: 0,
  Prefetching: 1,
  Switching: 1,
  Waiting: 1,
  Incompatible: 2,
  SetAside: 3,
  Offline: 4,
};

/** The worst nodes and why, the gravest first. `since` is kept while the reason stays. */
export function exceptions(
  states: readonly NodeState[],
  before: readonly NodeException[],
  now: string,
): NodeException[] {
  return states
    .filter(({ reason, phase }) => reason !== undefined && phase !== 'Serving' && !EXPECTED.has(reason.code))
    .toSorted(
      (a, b) => (GRAVITY[a.phase] ?? 5) - (GRAVITY[b.phase] ?? 5) || (a.node.name < b.node.name ? -1 : 1),
    )
    .slice(0, MOST)
    .map(({ node, reason }) => {
      const old = before.find((each) => each.node === node.name && each.reason === reason?.code);
      return {
        node: node.name,
        reason: reason?.code ?? '',
        message: clip(reason?.message ?? ''),
        since: old?.since ?? now,
      };
    });
}
