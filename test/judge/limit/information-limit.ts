export interface InformationLimit {
  /** By look: the most that any judge of this error rate can have found until then. */
  readonly envelope: readonly number[];
  /** By look: what the oracle's own sequential test had found until then. */
  readonly sequential: readonly number[];
}

/**
 * How soon the evidence allows a decision, from the oracle's log likelihood ratios in replicates with the harm (one path
 * over the looks for each).
 *
 * `envelope`: a judge that fails harmless candidates at most with chance alpha until its last look does so at each look,
 * so what it had failed until then is a test of level alpha on what was seen until then, and by Neyman and Pearson none
 * finds more than the likelihood ratio of all that, and the oracle's knowledge on top, would. The critical value
 * comes from the same replicates, as P0(L > c) = E1[exp(-log L); L > c].
 *
 * `sequential`: the oracle that stops where L reaches 1/alpha (Ville): a judge that can be had, were all that known.
 */
export const informationLimit = (paths: readonly Float64Array[], alpha: number): InformationLimit => {
  const looks = paths[0]?.length ?? 0;
  const envelope: number[] = [];
  const sequential: number[] = [];
  const stopped = new Uint8Array(paths.length);
  for (let k = 0; k < looks; k += 1) {
    const ratios = paths.map((path) => path[k] ?? 0).toSorted((a, b) => b - a);
    envelope.push(mostPowerful(ratios, alpha));
    for (const [i, path] of paths.entries()) {
      if ((path[k] ?? 0) >= Math.log(1 / alpha)) stopped[i] = 1;
    }
    sequential.push(stopped.reduce((sum, value) => sum + value, 0) / paths.length);
  }
  return { envelope, sequential };
};

/** Power of the most powerful test of level alpha, from descending log likelihood ratios under the alternative. */
const mostPowerful = (ratios: readonly number[], alpha: number): number => {
  let spent = 0;
  for (const [found, ratio] of ratios.entries()) {
    const cost = Math.exp(-ratio) / ratios.length;
    // The last one is taken in part: the test that tosses a coin at its critical value.
    if (spent + cost > alpha) return (found + (alpha - spent) / cost) / ratios.length;
    spent += cost;
  }
  return 1;
};

/** The first look at which a share was found; undefined: at none. */
export const reached = (
  curve: readonly number[],
  share: number,
  looks: readonly number[],
): number | undefined => looks[curve.findIndex((found) => found >= share)];
