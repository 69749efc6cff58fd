import { listSome, reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import { chargedDark } from './dark-excess.ts';
import type { Darkness } from './darkness.ts';
import { judgeFailures } from './failure-budget.ts';
import type { FailureBudget } from './failure-budget.ts';

/**
 * A wave of one node in each cohort cannot tell a candidate that kills its nodes from an accident; two such nodes of
 * two cohorts can. So cohorts that walk together are weighed together as well, each against its own control nodes.
 */
export function pooledDarkness(
  cohorts: ReadonlyMap<string, Darkness>,
  budget: FailureBudget,
): Reason | undefined {
  const known = [...cohorts].filter(([, { counted }]) => counted.controls > 0);
  const hit = known.filter(([, { counted }]) => counted.dark > 0);
  if (hit.length < 2) return undefined;
  const arms = known.map(([, { counted }]) => counted);
  const sum = (of: (each: (typeof arms)[number]) => number) => arms.reduce((all, each) => all + of(each), 0);
  const updated = sum((each) => each.updated);
  if (judgeFailures(0, updated, budget, updated, chargedDark(arms)) !== 'Exceeded') return undefined;
  const names = hit.flatMap(([, { counted, dark }]) =>
    counted.dark > 0 ? dark.map(({ node }) => node.name) : [],
  );
  return reason(
    'NodesDark',
    `${sum((each) => each.dark)} of ${updated} nodes of cohorts ${listSome(
      known.map(([name]) => name),
      3,
    )} that run the candidate went dark (${listSome(names, 3)}), ${sum((each) => each.darkControls)} of ${sum((each) => each.controls)} control nodes`,
  );
}
