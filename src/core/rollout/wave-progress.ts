import type { NodeState } from '../node/node-state.ts';
import { servingSince } from '../node/pod-condition.ts';
import { listSome, reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import { judgeFailures } from './failure-budget.ts';
import type { FailureBudget } from './failure-budget.ts';

/** How far the nodes of a cohort that are to run the candidate have come. */
export type WaveProgress =
  | { readonly kind: 'Exceeded'; readonly reason: Reason }
  | { readonly kind: 'Waiting'; readonly reason: Reason }
  /** A person has to look, or time to pass: nothing is on its way. */
  | { readonly kind: 'Holding'; readonly reason: Reason }
  /** All reachable nodes serve the candidate. `since`: when the last of them became able to answer, ms. */
  | { readonly kind: 'Serving'; readonly since: number };

/**
 * @param nodes the nodes of the cohort in any wave so far
 * @param seen nodes of the cohort that were Ready within the last 72 h, and the share of them to be reached
 */
export function waveProgress(
  cohort: string,
  nodes: readonly NodeState[],
  revision: string,
  budget: FailureBudget,
): WaveProgress {
  const mine = nodes.filter(({ target }) => target?.revision === revision);
  const reachable = mine.filter(
    ({ phase }) => phase !== 'Offline' && phase !== 'SetAside' && phase !== 'Incompatible',
  );
  const failed = reachable.filter(({ phase }) => phase === 'Failed');
  const worst = failed[0]?.reason;
  const failures = `${failed.length} of ${reachable.length} nodes of cohort ${cohort} failed, the worst on ${failed[0]?.node.name ?? ''}: ${worst?.message ?? ''}`;
  const verdict = judgeFailures(failed.length, reachable.length, budget, mine.length);
  if (verdict === 'Exceeded')
    return { kind: 'Exceeded', reason: reason(worst?.code ?? 'NodesFailed', failures) };

  if (mine.length > 0 && reachable.length === 0) {
    return {
      kind: 'Holding',
      reason: reason(
        'NodesOffline',
        `none of the ${mine.length} nodes of this wave in cohort ${cohort} can be reached`,
      ),
    };
  }
  const behind = reachable.filter(({ phase }) => phase !== 'Serving' && phase !== 'Failed');
  const closed = behind.filter(({ reason: why }) => why?.code === 'OutsideWindow');
  const troubled = behind.find((state) => state.reason !== undefined && isTrouble(state.reason));
  if (troubled?.reason !== undefined) {
    const names = behind
      .filter((state) => state.reason?.code === troubled.reason?.code)
      .map(({ node }) => node.name);
    return {
      kind: 'Holding',
      reason: reason(troubled.reason.code, `${listSome(names, 3)}: ${troubled.reason.message}`),
    };
  }
  // Only where nothing else is on its way there: the wave then waits for time to pass, and is charged nothing.
  if (closed.length > 0 && closed.length === behind.length) {
    const soonest = closed.toSorted(
      (a, b) => (a.opensAt ?? Infinity) - (b.opensAt ?? Infinity) || (a.node.name < b.node.name ? -1 : 1),
    )[0];
    return {
      kind: 'Waiting',
      reason: reason(
        'OutsideWindow',
        `${closed.length} of ${reachable.length} nodes of cohort ${cohort} wait for their update windows; ${soonest?.reason?.message ?? ''}`,
      ),
    };
  }
  if (behind.length > 0) {
    return {
      kind: 'Waiting',
      reason: reason(
        'Updating',
        `${reachable.length - behind.length - failed.length} of ${reachable.length} nodes of cohort ${cohort} serve the candidate`,
      ),
    };
  }
  if (verdict === 'Holds') return { kind: 'Holding', reason: reason('NodesFailing', failures) };
  return {
    kind: 'Serving',
    since: Math.max(
      0,
      ...reachable.map(({ targetPod }) => (targetPod === undefined ? 0 : (servingSince(targetPod) ?? 0))),
    ),
  };
}

/** Reasons of a single node on which nothing goes on by itself, or not soon. */
function isTrouble({ code }: Reason): boolean {
  return code !== 'Terminating' && code !== 'OutsideWindow';
}
