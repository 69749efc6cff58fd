import type { Action } from '../../core/decision.ts';

export type PassOutcome = 'done' | 'conflict' | 'failed' | 'stopped';

/** How candidates end; a revision that goes back in one cohort while others go on is RolledBackInCohort. */
export const ROLLOUT_OUTCOMES = [
  'Promoted',
  'PromotedByPerson',
  'PromotedFirst',
  'Reverted',
  'PromotedByReadiness',
  'RolledBack',
  'RolledBackInCohort',
  'AbortedByPerson',
  'Inconclusive',
  'Superseded',
] as const;
export type RolloutOutcome = (typeof ROLLOUT_OUTCOMES)[number];

/** What the controller counts. */
export interface Meter {
  pass(outcome: PassOutcome, durationMs: number): void;
  action(kind: Action['kind'], outcome: 'done' | 'refused' | 'failed'): void;
  /** A revision was promoted or rejected, or a candidate ended in another way. */
  outcome(outcome: RolloutOutcome): void;
  watchFailed(resource: string): void;
}

export const NO_METER: Meter = {
  pass: () => {},
  action: () => {},
  outcome: () => {},
  watchFailed: () => {},
};
