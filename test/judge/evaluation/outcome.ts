/** How a judge left a wave: rolled back at a minute, promoted at one, or held until the end. */
export interface Outcome {
  readonly verdict: 'Fail' | 'Pass' | 'Undecided';
  /** Minutes since the first wave began; of a Pass the first one at which it could have been promoted. */
  readonly minute: number;
  readonly reason?: string | undefined;
  /** A look said Pass, though it did not stay at that. */
  readonly wavered?: boolean | undefined;
}

/**
 * Of all waves in their order. It ends with the first that fails; a wave that is held goes on to the next all the same,
 * as when a person stands in for the missing Pass, so that no false rollback of a later wave stays unseen.
 */
export const acrossWaves = (outcomes: readonly Outcome[], horizon: number): Outcome => {
  const failed = outcomes.findIndex(({ verdict }) => verdict === 'Fail');
  const held = outcomes.findIndex(({ verdict }) => verdict === 'Undecided');
  const wave = failed >= 0 ? failed : held >= 0 ? held : outcomes.length - 1;
  const outcome = outcomes[wave];
  if (outcome === undefined) throw new Error('there are no waves');
  return { ...outcome, minute: wave * horizon + outcome.minute };
};
