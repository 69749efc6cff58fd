import type { Surveyed } from '../fleet/survey.ts';
import { reason } from '../reason.ts';
import type { Reason } from '../reason.ts';

/** Nodes seen within three days are owed the revision; so many of them must have been reached. */
const SEEN_WITHIN_MS = 72 * 3_600_000;

/**
 * Why too small a part of a cohort was reached for a rollout to be complete there; undefined where enough was.
 *
 * @param since when the rollout of the revision began, ms: a node that could be reached at any time since was reached,
 *   also where it is dark now. Undefined where that is not known
 */
export function tooFewReachable(
  cohort: string,
  nodes: readonly Surveyed[],
  revision: string,
  minReachable: number,
  now: number,
  since?: number,
): Reason | undefined {
  const seen = nodes.filter(({ node, reachable }) => reachable || now - node.readySince < SEEN_WITHIN_MS);
  const reached = seen.filter(
    ({ node, reachable, pods }) =>
      reachable ||
      pods.some((pod) => pod.revision === revision) ||
      (since !== undefined && Math.max(node.readySince, node.noticed?.silentSince ?? 0) > since),
  );
  if (seen.length > 0 && reached.length / seen.length >= minReachable) return undefined;
  return reason(
    'TooFewReachable',
    `${reached.length} of ${seen.length} nodes of cohort ${cohort} seen within 72 h were reached, less than minReachable (${Math.round(minReachable * 100)}%)`,
  );
}
