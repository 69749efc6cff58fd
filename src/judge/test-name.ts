import type { Assignments } from './assignments.ts';
import type { CohortArms } from './cohort-arms.ts';

/** How status calls a test: "Randomisation(exact, 1140 assignments)"; Permutation where not every draw was the operator's own. */
export const testName = (
  cohorts: readonly { readonly arms: CohortArms }[],
  { exhaustive, rows }: Assignments,
): string => {
  const kind = cohorts.every(({ arms }) => arms.drawn) ? 'Randomisation' : 'Permutation';
  return exhaustive ? `${kind}(exact, ${rows} assignments)` : `${kind}(${rows - 1} draws)`;
};
