import { everPromoted } from './revision.ts';
import type { Revision } from './revision.ts';

/** So many rejected revisions are remembered beside the promoted ones: forgetting one would start it again. */
const REJECTED_KEPT = 50;

/**
 * Revisions that nothing needs any more: not what the spec says, not what a node runs or is to run, and older
 * than the newest `limit` promoted and 50 rejected ones. One that was only superseded leaves nothing to remember.
 */
export function prunable(
  revisions: readonly Revision[],
  needed: ReadonlySet<string>,
  limit: number,
): Revision[] {
  const newestFirst = revisions.toSorted((a, b) => b.ordinal - a.ordinal);
  const kept = new Set([
    ...newestFirst.filter(everPromoted).slice(0, limit),
    ...newestFirst.filter(({ rejected }) => rejected.length > 0).slice(0, REJECTED_KEPT),
  ]);
  return newestFirst.filter((revision) => !needed.has(revision.hash) && !kept.has(revision));
}
