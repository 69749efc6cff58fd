import { setCondition } from '../../api/condition.ts';
import type { Condition } from '../../api/condition.ts';
import { clip } from '../../api/text.ts';
import type { Headline } from './headline.ts';

/** Longer than elsewhere: the words of the API server about a pod take room. */
export const CONDITION_MESSAGE_MAX = 4096;

const TRUE = (is: boolean): 'True' | 'False' => (is ? 'True' : 'False');

/** The three conditions that kstatus reads, from one headline, so that they never contradict each other. */
export function kstatusConditions(
  before: readonly Condition[],
  headline: Headline,
  generation: number,
  now: string,
): readonly Condition[] {
  const common = {
    reason: headline.reason.code,
    message: clip(headline.reason.message, CONDITION_MESSAGE_MAX),
    observedGeneration: generation,
  };
  let conditions = setCondition(
    before,
    { type: 'Ready', status: TRUE(headline.level === 'Ready'), ...common },
    now,
  );
  conditions = setCondition(
    conditions,
    { type: 'Reconciling', status: TRUE(headline.level === 'Reconciling'), ...common },
    now,
  );
  return setCondition(
    conditions,
    { type: 'Stalled', status: TRUE(headline.level === 'Stalled'), ...common },
    now,
  );
}

export function removeCondition(conditions: readonly Condition[], type: string): readonly Condition[] {
  return conditions.filter((each) => each.type !== type);
}
