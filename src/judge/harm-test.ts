import type { Assignments, Stratum } from './assignments.ts';
import type { ScoredCohort } from './harm-scores.ts';
import { harmScores, harmStatistic, RATIO_COUNT } from './harm-scores.ts';

/**
 * p-value of no harm at all (the sharp null): the share of assignments whose statistic is at least
 * the real one's. Under the null the data would be the same whoever was drawn, so
 * P(p <= alpha) <= alpha for any data and any score.
 */
export const harmTest = (
  cohorts: readonly ScoredCohort[],
  strata: readonly Stratum[],
  reference: Assignments,
): number => {
  const scores = harmScores(cohorts);
  const { rows, width, members } = reference;
  // One column of scores for each node number of a row.
  const columns = RATIO_ROWS.map((r) =>
    Float64Array.from(scores.flatMap(({ evidence }) => [...(evidence[r] ?? [])])),
  );
  const excesses = Float64Array.from(scores.flatMap(({ excess }) => [...excess]));
  const sums = strata.map(() => new Float64Array(RATIO_COUNT));
  let real = 0;
  let asLarge = 0;
  for (let row = 0; row < rows; row += 1) {
    let next = row * width;
    let excess = 0;
    for (const [c, { chosen }] of strata.entries()) {
      const cohort = sums[c];
      if (cohort === undefined) continue;
      cohort.fill(0);
      for (const end = next + chosen; next < end; next += 1) {
        const node = members[next] ?? 0;
        excess += excesses[node] ?? 0;
        for (let r = 0; r < RATIO_COUNT; r += 1) cohort[r] = (cohort[r] ?? 0) + (columns[r]?.[node] ?? 0);
      }
    }
    const statistic = harmStatistic(sums, excess);
    if (row === 0) real = statistic;
    // Sums of the same scores in another order differ in their last digits: those are ties, and count.
    // Written so that a number that is none counts against a Fail.
    if (!(statistic < real - TIE)) asLarge += 1;
  }
  return asLarge / rows;
};

const RATIO_ROWS = Array.from({ length: RATIO_COUNT }, (_, r) => r);
const TIE = 1e-11;
