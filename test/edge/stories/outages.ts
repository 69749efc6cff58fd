import { expect, it } from 'vitest';
import { disturbedNodes, longestGap, versions } from '../outcome.ts';
import { itFetchesWithinItsLimit, type Story } from '../played.ts';
import {
  BOOT_LOOP,
  OPERATOR_DOWN,
  OPERATOR_DOWN_IN_MID_WAVE,
  REGISTRY_DOWN,
  SITE_DARK,
} from '../scenarios/outages.ts';

const OPERATOR_DOWN_STORY: Story = {
  scenario: OPERATOR_DOWN,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('changes nothing while it is down, and does the whole rollout when it is back', async () => {
      const done = await outcome();
      expect(done.notes).toMatchObject({ disturbedMeanwhile: 0, servedMeanwhile: { '1.0.0': 11 } });
      expect(versions(done)).toEqual({ '1.1.0': 12 });
      expect(done.end).toMatchObject({ model: 'Ready', lagging: 0, rejected: [] });
      expect(done.reasons).toContain('Soaking');
    });
  },
};

const OPERATOR_DOWN_IN_MID_WAVE_STORY: Story = {
  scenario: OPERATOR_DOWN_IN_MID_WAVE,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('freezes the wave, and goes on from it', async () => {
      const done = await outcome();
      expect(done.notes['before']).toEqual({ '1.0.0': 10, '1.1.0': 2 });
      expect(done.notes['meanwhile']).toEqual(done.notes['before']);
      expect(versions(done)).toEqual({ '1.1.0': 12 });
      expect(disturbedNodes(done)).toHaveLength(12);
    });
  },
};

const REGISTRY_DOWN_STORY: Story = {
  scenario: REGISTRY_DOWN,
  holds: (outcome) => {
    it('is asked for no more than maxPrefetching at once, also right when it is back', async () => {
      const { mostFetching, maxPrefetching } = await outcome();
      expect(mostFetching).toBe(maxPrefetching);
    });

    it('says FetchFailing, disturbs nothing that serves, and never blames the revision', async () => {
      const done = await outcome();
      expect(done.notes).toMatchObject({ reason: 'FetchFailing', disturbedMeanwhile: 0, rejected: [] });
    });

    it('goes on by itself when the registry is back', async () => {
      const done = await outcome();
      expect(versions(done)).toEqual({ '1.1.0': 20 });
      expect(done.end).toMatchObject({ model: 'Ready', rejected: [] });
    });
  },
};

const SITE_DARK_STORY: Story = {
  scenario: SITE_DARK,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('takes candidates and controls alike', async () => {
      const { notes } = await outcome();
      expect(Number(notes['candidatesDark'])).toBeGreaterThan(0);
      expect(Number(notes['controlsDark'])).toBeGreaterThan(0);
    });

    it('holds, rejects nothing, and goes on when the site is back', async () => {
      const done = await outcome();
      expect(done.notes['promotedWithout']).toBe(false);
      expect(versions(done)).toEqual({ '1.1.0': 24 });
      expect(done.end).toMatchObject({ model: 'Ready', rejected: [] });
    });

    it('says SiteDark', async () => {
      expect((await outcome()).notes['reasonsMeanwhile']).toContain('SiteDark');
    });
  },
};

const BOOT_LOOP_STORY: Story = {
  scenario: BOOT_LOOP,
  holds: (outcome, within) => {
    itFetchesWithinItsLimit(outcome);

    it('is rejected before it leaves the first wave, and every node serves stable again', async () => {
      const done = await outcome();
      expect(done.notes).toMatchObject({ rejected: true, reached: 6, allBack: true });
      expect(versions(done)).toEqual({ '1.0.0': 24 });
      expect(done.end).toMatchObject({ model: 'Rejected', rollout: 'RolledBack', stable: '1.0.0' });
      expect(disturbedNodes(done)).toHaveLength(6);
    });

    it('lets no node reboot for long: a Ready node is without service for seconds', async () => {
      expect(longestGap(await outcome(), 'fault')).toBeLessThan(within(15_000));
    });

    it('says NodesDark', async () => {
      expect((await outcome()).end.rejected).toMatchObject([{ reason: 'NodesDark' }]);
    });
  },
};

export const OUTAGES: readonly Story[] = [
  OPERATOR_DOWN_STORY,
  OPERATOR_DOWN_IN_MID_WAVE_STORY,
  REGISTRY_DOWN_STORY,
  SITE_DARK_STORY,
  BOOT_LOOP_STORY,
];
