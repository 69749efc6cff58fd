import { describe, expect, it } from 'vitest';
import { longestGap, type Outcome } from './outcome.ts';
import { play, type Scenario } from './stage.ts';

/** From the delete of the old pod until the new one, fetched before, is Ready: a second to stop, three to start. */
export const SWITCH_MS = 5_000;

export interface Promises {
  /** Ms; where the version takes longer to start than others. */
  readonly switchMs?: number;
}

/** Plays a story, or says what a story came to that was played before. */
export type Told = () => Promise<Outcome>;

/** Bounds of times, ms: exact on a virtual clock, and only there. On a busy machine they are none. */
export type Within = (virtualMs: number) => number;

/** A scenario and what holds when it is over, on whatever ground it was played. */
export interface Story {
  readonly scenario: Scenario;
  readonly promises?: Promises;
  /** What holds beyond that which holds in each story. */
  readonly holds: (outcome: Told, within: Within) => void;
}

/** Plays a scenario once for all tests about it. */
export function played(scenario: Scenario): Told {
  let outcome: Promise<Outcome> | undefined;
  return () => (outcome ??= play(scenario));
}

/** A block for each story. */
export function tell(
  stories: readonly Story[],
  outcomeOf: (scenario: Scenario) => Told = played,
  within: Within = (virtualMs) => virtualMs,
): void {
  for (const { scenario, promises, holds } of stories) {
    // oxlint-disable-next-line vitest/valid-title -- the title is the scenario's
    describe(scenario.title, () => {
      const outcome = outcomeOf(scenario);
      itKeepsItsPromises(outcome, within(promises?.switchMs ?? SWITCH_MS));
      holds(outcome, within);
    });
  }
}

/** What holds in each scenario, whatever happens in it. */
function itKeepsItsPromises(outcome: Told, switchMs: number): void {
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
    expect(longestGap({ gaps }, 'outrigger')).toBeLessThanOrEqual(switchMs);
    expect(gaps.filter(({ open }) => open)).toEqual([]);
  });
}

export function itFetchesWithinItsLimit(outcome: Told): void {
  it('fetches on no more nodes at once than maxPrefetching', async () => {
    const { mostFetching, maxPrefetching } = await outcome();
    expect(mostFetching).toBeGreaterThan(0);
    expect(mostFetching).toBeLessThanOrEqual(maxPrefetching);
  });
}
