import type { CohortArms } from './cohort-arms.ts';
import type { Gap } from './evidence-gap.ts';
import type { CohortVerdicts, Inquiry } from './inquiry.ts';
import type { MetricRule } from './rule.ts';
import type { Verdict } from './verdict.ts';

/** How much evidence that counts there was, for a verdict that has no numbers of its own. */
export interface Counted {
  readonly nodes: number;
  readonly controls: number;
  readonly samples: number;
}

type Asked = Pick<Inquiry<MetricRule, unknown>, 'rule' | 'window'>;

/** The verdict on a cohort that nothing was tested of. */
export const undecided = ({ rule, window }: Asked, { reason, message }: Gap, counted?: Counted): Verdict => ({
  metric: rule.name,
  verdict: 'Undecided',
  reason,
  message,
  ...(counted ?? { nodes: 0, controls: 0, samples: 0 }),
  window: { from: window.from, to: window.to },
  test: 'None',
});

/** The same reason for every cohort: Prometheus did not answer. */
export const allUndecided = (asked: Asked, cohorts: readonly CohortArms[], gap: Gap): CohortVerdicts =>
  new Map(cohorts.map(({ name }) => [name, undecided(asked, gap)]));
