import { shortHash } from '../../api/canonical.ts';

/**
 * The operator's own random draw: each node's rank is a hash of the rollout's seed and its name, so every
 * order of a cohort is as likely as any other (which the exact test rests on), a restart draws the same, and
 * a node that joins changes nobody else's place.
 *
 * @param nodes names, in any order
 */
export function drawOrder(seed: string, nodes: readonly string[]): string[] {
  return nodes
    .map((node) => ({ node, rank: shortHash([seed, node], 26) }))
    .toSorted((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0))
    .map(({ node }) => node);
}
