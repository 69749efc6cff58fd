/** Rates that a harmed candidate may have, over the largest that is tolerated, and their weights. */
export const HARM = {
  factors: [1.25, 1.5, 2, 3, 5, 10],
  weights: [0.15, 0.2, 0.25, 0.2, 0.1, 0.1],
} as const;
/** Rates of a candidate that does no harm, over those of stable. */
export const HEALTHY = { factors: [0.5, 0.7, 0.85, 1, 1.15], weights: [0.2, 0.2, 0.2, 0.2, 0.2] } as const;

/**
 * Log of the likelihood of a count under the mean `other` over that under the mean `usual`, where means differ from
 * node to node by a gamma factor of variance 1/k: O ln(other/usual) - (O + k) ln((k + other)/(k + usual)).
 */
export const gammaPoissonRatio = (count: number, other: number, usual: number, k: number): number =>
  (count > 0 ? count * Math.log(other / usual) : 0) - (count + k) * Math.log((k + other) / (k + usual));
