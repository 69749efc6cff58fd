import { expect, it } from 'vitest';
import { disturbedNodes, longestGap, type Outcome, versions } from '../outcome.ts';
import { itFetchesWithinItsLimit, type Story } from '../played.ts';
import {
  LATE_DEVICE_PLUGIN,
  NIGHTS,
  NODE_DELETED,
  NODE_GONE_FOR_A_WEEK,
  SMALL_BAD,
  SMALL_HEALTHY,
} from '../scenarios/fleets.ts';

const away = ({ notes }: Outcome): readonly string[] => notes['away'] as readonly string[];

const NIGHTS_STORY: Story = {
  scenario: NIGHTS,
  holds: (outcome, within) => {
    itFetchesWithinItsLimit(outcome);

    it('takes more than one day, blames nobody for the nights, and is promoted', async () => {
      const done = await outcome();
      expect(done.notes['promoted']).toBe(true);
      expect(Number(done.notes['nights'])).toBeGreaterThan(1);
      expect(versions(done)).toEqual({ '1.1.0': 8 });
      expect(done.end.rejected).toEqual([]);
    });

    it('serves again within seconds of each morning', async () => {
      expect(longestGap(await outcome(), 'fault')).toBeLessThan(within(10_000));
    });
  },
};

const NODE_DELETED_STORY: Story = {
  scenario: NODE_DELETED,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('forgets them: they are owed nothing', async () => {
      const done = await outcome();
      expect(done.notes['eligible']).toBe(6);
      expect(done.end).toMatchObject({
        model: 'Ready',
        stable: '1.1.0',
        offline: 0,
        lagging: 0,
        rejected: [],
      });
      const rest = done.end.nodes.filter(({ node }) => !away(done).includes(node));
      expect(rest.map(({ versions: served }) => served)).toEqual(Array.from({ length: 6 }, () => ['1.1.0']));
      expect(disturbedNodes(done).filter((node) => away(done).includes(node))).toEqual([]);
    });
  },
};

const NODE_GONE_FOR_A_WEEK_STORY: Story = {
  scenario: NODE_GONE_FOR_A_WEEK,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('waits for them while they were seen within three days, and then no longer', async () => {
      const done = await outcome();
      expect(done.notes).toMatchObject({ promotedAtOnce: false, heldWith: 'TooFewReachable' });
      expect(done.end).toMatchObject({
        model: 'Ready',
        stable: '1.1.0',
        offline: 2,
        lagging: 2,
        rejected: [],
      });
    });

    it('deletes neither their Nodes nor their pods', async () => {
      const done = await outcome();
      const gone = done.end.nodes.filter(({ node }) => away(done).includes(node));
      expect(gone.map(({ holds, reason }) => ({ holds, reason }))).toEqual(
        Array.from({ length: 2 }, () => ({ holds: ['1.0.0'], reason: 'Offline' })),
      );
    });
  },
};

const LATE_DEVICE_PLUGIN_STORY: Story = {
  scenario: LATE_DEVICE_PLUGIN,
  holds: (outcome, within) => {
    itFetchesWithinItsLimit(outcome);

    it('says HardwareMissing, makes the pods again when the devices are there, and blames nobody', async () => {
      const done = await outcome();
      const rebooted = done.notes['rebooted'] as readonly string[];
      expect(done.notes['reasons']).toEqual(rebooted.toSorted().map((node) => [node, 'HardwareMissing']));
      expect(versions(done)).toEqual({ '1.1.0': 12 });
      expect(done.end.rejected).toEqual([]);
      // A minute of waiting for the devices, ten seconds of heartbeat until they are known, and a start.
      expect(longestGap(done, 'fault')).toBeLessThan(within(90_000));
    });
  },
};

const SMALL_HEALTHY_STORY: Story = {
  scenario: SMALL_HEALTHY,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('are cohorts of one, two and three, and all take it', async () => {
      const done = await outcome();
      expect(done.end.cohorts).toHaveLength(3);
      expect(versions(done)).toEqual({ '1.1.0': 6 });
      expect(done.end).toMatchObject({ model: 'Ready', stable: '1.1.0' });
    });

    it('never has more than one of them out of service', async () => {
      expect((await outcome()).mostOut.any).toBe(1);
    });
  },
};

const SMALL_BAD_STORY: Story = {
  scenario: SMALL_BAD,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('is rejected; at most one node of each cohort ever ran it', async () => {
      const done = await outcome();
      expect(done.end).toMatchObject({ model: 'Rejected', rollout: 'RolledBack', stable: '1.0.0' });
      expect(versions(done)).toEqual({ '1.0.0': 6 });
      const reached = done.notes['reached'] as readonly string[];
      expect(reached.length).toBeGreaterThan(0);
      for (const device of ['orin', 'hailo', 'x86']) {
        expect(reached.filter((node) => node.includes(device)).length).toBeLessThanOrEqual(1);
      }
    });
  },
};

export const FLEETS: readonly Story[] = [
  NIGHTS_STORY,
  NODE_DELETED_STORY,
  NODE_GONE_FOR_A_WEEK_STORY,
  LATE_DEVICE_PLUGIN_STORY,
  SMALL_HEALTHY_STORY,
  SMALL_BAD_STORY,
];
