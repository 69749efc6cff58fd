import type { NodeException } from '../../api/edge-model-status.ts';
import { clip } from '../../api/text.ts';
import type { NodeState } from '../node/node-state.ts';
import { isDark } from '../node/reachability.ts';
import type { Reason } from '../reason.ts';
import type { NodeView } from '../views/node-view.ts';

/** Never one for each node: a status must stay readable, and an object small. */
const MOST = 20;

/** What passes by itself, as it was asked for. */
const EXPECTED = new Set(['Terminating', 'OutsideWindow']);

const GRAVITY: Readonly<Record<string, number>> = {
  Failed: 0,
  Suspect: 0,
  Prefetching: 1,
  Switching: 1,
  Waiting: 1,
  Incompatible: 2,
  SetAside: 3,
  Offline: 4,
};

function awaySince(node: NodeView): string | undefined {
  const at = isDark(node) ? node.readySince : node.noticed?.silentSince;
  return at === undefined ? undefined : new Date(at).toISOString();
}

/**
 * The worst nodes and why, the gravest first. `since` is kept while the reason stays; since when a node is dark the
 * node itself says.
 *
 * @param suspects by name: nodes that went dark with the candidate that is under way
 */
export function exceptions(
  states: readonly NodeState[],
  before: readonly NodeException[],
  now: string,
  suspects: ReadonlyMap<string, Reason> = new Map(),
): NodeException[] {
  return states
    .flatMap(({ node, phase, reason }) => {
      const suspect = suspects.get(node.name);
      const why = suspect ?? (phase === 'Serving' || EXPECTED.has(reason?.code ?? '') ? undefined : reason);
      const gravity = GRAVITY[suspect === undefined ? phase : 'Suspect'] ?? 5;
      return why === undefined ? [] : [{ node, phase, why, gravity }];
    })
    .toSorted((a, b) => a.gravity - b.gravity || (a.node.name < b.node.name ? -1 : 1))
    .slice(0, MOST)
    .map(({ node, why }) => {
      const old = before.find((each) => each.node === node.name && each.reason === why.code);
      return {
        node: node.name,
        reason: why.code,
        message: clip(why.message),
        since: awaySince(node) ?? old?.since ?? now,
      };
    });
}
