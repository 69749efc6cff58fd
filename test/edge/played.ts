import { expect, it } from 'vitest';
import { longestGap, type Outcome } from './outcome.ts';
import { play, type Scenario } from './stage.ts';

/** From the delete of the old pod until the new one, fetched before, is Ready: a second to stop, three to start. */
export const SWITCH_MS = 5_000;

export interface Promises {
  /** Ms; where the version takes longer to start than others. */
  readonly switchMs?: number;
}

/** Plays a scenario once for all tests about it. */
export function played(scenario: Scenario): () => Promise<Outcome> {
  let outcome: Promise<Outcome> | undefined;
  return () => (outcome ??= play(scenario));
}

/** What holds in each scenario, whatever happens in it. */
export function itKeepsItsPromises(outcome: () => Promise<Outcome>, promises: Promises = {}): void {
  // The first to ask plays the story.
  it('breaks no invariant, at no write', { timeout: 120_000 }, async () => {
    expect((await outcome()).violations).toEqual([]);
  });

  it('deletes nothing on a node that is not Ready', async () => {
    const { disturbances } = await outcome();
    expect(disturbances.filter(({ nodeReady }) => !nodeReady)).toEqual([]);
  });

  it('with Surge costs no service, with Replace the time of a switch', async () => {
    const { gaps } = await outcome();
    const surge = gaps.filter(({ node }) => !node.includes('orin'));
    expect(longestGap({ gaps: surge }, 'outrigger')).toBe(0);
    expect(longestGap({ gaps }, 'outrigger')).toBeLessThanOrEqual(promises.switchMs ?? SWITCH_MS);
    expect(gaps.filter(({ open }) => open)).toEqual([]);
  });
}

export function itFetchesWithinItsLimit(outcome: () => Promise<Outcome>): void {
  it('fetches on no more nodes at once than maxPrefetching', async () => {
    const { mostFetching, maxPrefetching } = await outcome();
    expect(mostFetching).toBeGreaterThan(0);
    expect(mostFetching).toBeLessThanOrEqual(maxPrefetching);
  });
}
