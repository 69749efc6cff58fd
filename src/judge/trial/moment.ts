/** Variance of what differs from node to node, beyond the noise that each node's own samples explain. */
export interface SpreadInput {
  /** Squared deviation of each node. */
  readonly squares: readonly number[];
  /** Variance that the deviation would have without any spread. */
  readonly noise: readonly number[];
  /** What the spread is taken for where nodes are few or say nothing, and how many nodes that counts for. */
  readonly prior: number;
  readonly priorNodes: number;
}

/**
 * Method of moments with weights 1/(noise + prior)^2, which are the best ones where the spread is near the prior;
 * the prior enters like so many nodes without noise.
 */
export const spreadOf = ({ squares, noise, prior, priorNodes }: SpreadInput): number => {
  const unit = 1 / prior ** 2;
  let weights = priorNodes * unit;
  let sum = weights * prior;
  for (const [at, square] of squares.entries()) {
    const own = noise[at] ?? Infinity;
    if (!Number.isFinite(square) || !Number.isFinite(own)) continue;
    const weight = 1 / (own + prior) ** 2;
    weights += weight;
    sum += weight * (square - own);
  }
  return weights === 0 ? prior : sum / weights;
};
