import { expect, it } from 'vitest';
import { disturbedNodes, type Outcome, versions, wayOf } from '../outcome.ts';
import { itFetchesWithinItsLimit, type Story, SWITCH_MS, type Told } from '../played.ts';
import {
  DARK_HEALTHY,
  DARK_PREFETCHING,
  DARK_SOAKING,
  DARK_SOAKING_TWO,
  DARK_SWITCHING,
  DARK_WAITING,
  OFFLINE_FROM_THE_START,
  TOO_FEW_REACHABLE,
} from '../scenarios/away.ts';

const away = ({ notes }: Outcome): readonly string[] => notes['away'] as readonly string[];

const OFFLINE_FROM_THE_START_STORY: Story = {
  scenario: OFFLINE_FROM_THE_START,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('is promoted without them, counting them as lagging, and brings them along', async () => {
      const done = await outcome();
      expect(done.notes['promotedWith']).toMatchObject({ eligible: 30, ready: 21, offline: 9, lagging: 9 });
      expect(versions(done)).toEqual({ '1.1.0': 30 });
      expect(done.end).toMatchObject({
        model: 'Ready',
        stable: '1.1.0',
        offline: 0,
        lagging: 0,
        rejected: [],
      });
    });

    it('fetches ahead on each that returned before its old pod goes', async () => {
      const done = await outcome();
      for (const node of away(done).filter((name) => name.includes('orin')))
        expect(wayOf(done, node)).toEqual(['serve 1.0.0', 'prefetch 1.1.0', 'serve 1.1.0']);
      for (const node of away(done).filter((name) => name.includes('x86')))
        expect(wayOf(done, node)).toEqual(['serve 1.0.0', 'serve 1.1.0']);
    });
  },
};

const TOO_FEW_REACHABLE_STORY: Story = {
  scenario: TOO_FEW_REACHABLE,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('says TooFewReachable while they are away, and is promoted when enough are back, with the rest lagging', async () => {
      const done = await outcome();
      expect(done.notes).toMatchObject({ heldWith: 'TooFewReachable', promotedWithout: false });
      expect(done.end).toMatchObject({
        model: 'Ready',
        stable: '1.1.0',
        offline: 4,
        lagging: 4,
        rejected: [],
      });
      const rest = done.end.nodes.filter(({ node }) => away(done).includes(node));
      expect(rest.map(({ holds, reason, ready }) => ({ holds, reason, ready }))).toEqual(
        Array.from({ length: 4 }, () => ({ holds: ['1.0.0'], reason: 'Offline', ready: false })),
      );
      expect(disturbedNodes(done).filter((node) => away(done).includes(node))).toEqual([]);
    });
  },
};

/** The candidate of these takes 20 s to become Ready. */
const SLOW = { switchMs: SWITCH_MS + 20_000 };

function leavesTheDenominator(outcome: Told): void {
  itFetchesWithinItsLimit(outcome);

  it('leaves the denominator: the others are promoted, it keeps what it has, and catches up', async () => {
    const done = await outcome();
    expect(done.notes['promotedWithout']).toBe(true);
    expect(versions(done)).toEqual({ '1.1.0': 20 });
    expect(done.end).toMatchObject({ model: 'Ready', lagging: 0, rejected: [] });
    expect(done.reasons.filter((code) => !/^(Starting|Updating|Soaking|Promoted)$/.test(code))).toEqual([]);
  });
}

const DARK_WAITING_STORY: Story = {
  scenario: DARK_WAITING,
  promises: SLOW,
  holds: leavesTheDenominator,
};

const DARK_PREFETCHING_STORY: Story = {
  scenario: DARK_PREFETCHING,
  promises: SLOW,
  holds: leavesTheDenominator,
};

const DARK_SWITCHING_STORY: Story = {
  scenario: DARK_SWITCHING,
  promises: SLOW,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('blames nobody for one node of each class, and ends with the candidate everywhere', async () => {
      const done = await outcome();
      expect(versions(done)).toEqual({ '1.1.0': 20 });
      expect(done.end).toMatchObject({ model: 'Ready', lagging: 0, rejected: [] });
    });

    it('makes no second pod on the node whose switch the darkness cut in two', async () => {
      const done = await outcome();
      const orin = away(done).find((name) => name.includes('orin')) ?? '';
      expect(wayOf(done, orin)).toEqual(['serve 1.0.0', 'prefetch 1.1.0', 'serve 1.1.0']);
    });
  },
};

const DARK_SOAKING_STORY: Story = {
  scenario: DARK_SOAKING,
  promises: SLOW,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('holds while one canary of three is dark, which is less than minReachable, and rejects nothing', async () => {
      const done = await outcome();
      expect(done.notes['promotedWithout']).toBe(false);
      expect(done.end).toMatchObject({ model: 'Ready', stable: '1.1.0', rejected: [] });
      expect(versions(done)).toEqual({ '1.1.0': 20 });
    });

    it('touches none of them: they keep the candidate through their absence', async () => {
      const done = await outcome();
      for (const node of away(done)) {
        expect(wayOf(done, node).filter((start) => start === 'serve 1.1.0')).toHaveLength(1);
      }
    });

    it('names the dark nodes as its reason', async () => {
      expect((await outcome()).reasons).toContain('NodesSuspect');
    });
  },
};

const DARK_SOAKING_TWO_STORY: Story = {
  scenario: DARK_SOAKING_TWO,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('goes no further than the first wave while they are dark', async () => {
      expect((await outcome()).notes).toMatchObject({ promotedWithout: false, reached: 6 });
    });

    it('touches them only when they are back', async () => {
      const done = await outcome();
      expect(versions(done)).not.toHaveProperty('away');
      expect(done.end.offline).toBe(0);
    });

    it('is rejected for them, and they go back', async () => {
      const done = await outcome();
      expect(done.end.rejected).toMatchObject([{ version: '1.1.0', reason: 'NodesDark' }]);
      expect(versions(done)).toEqual({ '1.0.0': 20 });
    });
  },
};

const DARK_HEALTHY_STORY: Story = {
  scenario: DARK_HEALTHY,
  promises: SLOW,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('holds up nothing: it was measured before', async () => {
      const done = await outcome();
      expect(done.notes['promotedWithout']).toBe(true);
      expect(done.end).toMatchObject({ model: 'Ready', offline: 0, lagging: 0, rejected: [] });
      expect(versions(done)).toEqual({ '1.1.0': 20 });
    });
  },
};

export const AWAY: readonly Story[] = [
  OFFLINE_FROM_THE_START_STORY,
  TOO_FEW_REACHABLE_STORY,
  DARK_WAITING_STORY,
  DARK_PREFETCHING_STORY,
  DARK_SWITCHING_STORY,
  DARK_SOAKING_STORY,
  DARK_SOAKING_TWO_STORY,
  DARK_HEALTHY_STORY,
];
