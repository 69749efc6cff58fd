import type { Action } from '../../core/decision.ts';

export type PassOutcome = 'done' | 'conflict' | 'failed' | 'stopped';

/** What the controller counts. */
export interface Meter {
  pass(outcome: PassOutcome, durationMs: number): void;
  action(kind: Action['kind'], outcome: 'done' | 'refused' | 'failed'): void;
  /** Whether this process leads. */
  leading(leads: boolean): void;
  watchFailed(resource: string): void;
}

export const NO_METER: Meter = {
  pass: () => {},
  action: () => {},
  leading: () => {},
  watchFailed: () => {},
};
