/**
 * At most `most` of the bounds: again and again the one goes whose two buckets hold least together, the lowest of
 * equals. `counts` has one bucket more than there are bounds.
 */
export const thinned = (
  bounds: readonly number[],
  counts: readonly number[],
  most: number,
): readonly number[] => {
  const left = [...bounds];
  const held = [...counts];
  while (left.length > most) {
    let least = 0;
    for (let index = 1; index < left.length; index++) {
      if (beside(held, index) < beside(held, least)) least = index;
    }
    held.splice(least, 2, beside(held, least));
    left.splice(least, 1);
  }
  return left;
};

const beside = (counts: readonly number[], bound: number): number =>
  (counts[bound] ?? 0) + (counts[bound + 1] ?? 0);
