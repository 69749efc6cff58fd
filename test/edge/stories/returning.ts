import { expect, it } from 'vitest';
import { disturbedNodes, type Outcome, versions, wayOf } from '../outcome.ts';
import { itFetchesWithinItsLimit, type Story, SWITCH_MS, type Told, type Within } from '../played.ts';
import {
  BACK_AFTER_TWO,
  BACK_DURING_ROLLBACK,
  FLAPPING,
  FLAPPING_SLOWLY,
  FLAPPING_UNNOTICED,
} from '../scenarios/returning.ts';

const away = ({ notes }: Outcome): readonly string[] => notes['away'] as readonly string[];

/** A renewal of a Lease is overdue after 12 s, told in whole seconds: until then nobody can know. */
const NOTICED_AFTER_MS = 13_000;

/** Two samples: how long a node must be back before anything there is touched, ms. */
const steady = ({ notes }: Outcome): number => Number(notes['steadyMs']);

const BACK_AFTER_TWO_STORY: Story = {
  scenario: BACK_AFTER_TWO,
  holds: (outcome, within) => {
    itFetchesWithinItsLimit(outcome);

    it('starts nothing of the revision between, and fetches before it switches', async () => {
      const done = await outcome();
      const [orin = '', x86 = ''] = away(done);
      expect(wayOf(done, orin)).toEqual(['serve 1.0.0', 'prefetch 1.2.0', 'serve 1.2.0']);
      expect(wayOf(done, x86)).toEqual(['serve 1.0.0', 'serve 1.2.0']);
      expect(versions(done)).toEqual({ '1.2.0': 12 });
      expect(done.end).toMatchObject({ model: 'Ready', stable: '1.2.0', lagging: 0 });
    });

    it('waits until they have been back for two samples', async () => {
      const done = await outcome();
      const backAt = Number(done.notes['backAt']);
      const starts = done.starts.filter(({ node, at }) => away(done).includes(node) && at >= backAt);
      expect(starts.length).toBeGreaterThan(0);
      // The condition of a Node says whole seconds.
      expect(Math.min(...starts.map(({ at }) => at - backAt))).toBeGreaterThanOrEqual(steady(done) - 1_000);
    });

    it('interrupts the service of the one that holds a single pod for a switch, of the other not at all', async () => {
      const { gaps } = await outcome();
      const [orin = '', x86 = ''] = away(await outcome());
      const byOutrigger = (node: string) =>
        gaps.filter((gap) => gap.node === node).reduce((sum, gap) => sum + gap.outrigger, 0);
      expect(byOutrigger(x86)).toBe(0);
      expect(byOutrigger(orin)).toBeGreaterThan(0);
      expect(byOutrigger(orin)).toBeLessThanOrEqual(within(SWITCH_MS));
    });
  },
};

const BACK_DURING_ROLLBACK_STORY: Story = {
  scenario: BACK_DURING_ROLLBACK,
  // Also the version that is gone back to is stopped first, and the candidate took ten seconds to be Ready.
  promises: { switchMs: SWITCH_MS + 10_000 },
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('ends with stable everywhere, and nothing but the canaries was disturbed', async () => {
      const done = await outcome();
      expect(versions(done)).toEqual({ '1.0.0': 12 });
      expect(done.end).toMatchObject({ model: 'Rejected', rollout: 'RolledBack', stable: '1.0.0' });
      expect(done.end.rejected).toEqual([{ version: '1.1.0', reason: 'AbortedByPerson' }]);
      expect(disturbedNodes(done)).toHaveLength(6);
    });

    it('takes the rejected revision off those that return without waiting for them to be steady', async () => {
      const done = await outcome();
      const backAt = Number(done.notes['backAt']);
      const back = done.starts.filter(
        ({ node, at, role, version }) =>
          away(done).includes(node) && at >= backAt && role === 'serve' && version === '1.0.0',
      );
      expect(back.map(({ node }) => node).toSorted()).toEqual([...away(done)].toSorted());
      expect(Math.max(...back.map(({ at }) => at - backAt))).toBeLessThan(steady(done));
    });
  },
};

function leavesThemAlone(outcome: Told, within: Within): void {
  itFetchesWithinItsLimit(outcome);

  it('leaves them alone while they flap, and promotes without them', async () => {
    const done = await outcome();
    expect(done.notes).toMatchObject({
      startedWhileFlapping: 0,
      disturbedWhileFlapping: 0,
      promotedMeanwhile: true,
    });
  });

  it('brings them along once they are steady, which takes the longer the more often they went dark', async () => {
    const done = await outcome();
    expect(versions(done)).toEqual({ '1.1.0': 12 });
    const after = done.starts.filter(({ node, version }) => away(done).includes(node) && version === '1.1.0');
    expect(new Set(after.map(({ node }) => node))).toEqual(new Set(away(done)));
    const first = Math.min(...after.map(({ at }) => at - Number(done.notes['steadyAt'])));
    // The condition of a Node says whole seconds.
    expect(first).toBeGreaterThanOrEqual(steady(done) - 1_000);
    expect(first).toBeLessThanOrEqual(within(steady(done) + 90_000));
  });
}

const FLAPPING_STORY: Story = { scenario: FLAPPING, holds: leavesThemAlone };

const FLAPPING_SLOWLY_STORY: Story = { scenario: FLAPPING_SLOWLY, holds: leavesThemAlone };

const FLAPPING_UNNOTICED_STORY: Story = {
  scenario: FLAPPING_UNNOTICED,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('updates them while they are there, and touches nothing there while they are dark', async () => {
      const done = await outcome();
      expect(versions(done)).toEqual({ '1.1.0': 12 });
      const darknesses = done.notes['darknesses'] as readonly {
        readonly from: number;
        readonly to: number;
      }[];
      expect(darknesses).toHaveLength(26);
      const touched = [...done.starts, ...done.disturbances].filter(
        ({ node, at }) =>
          away(done).includes(node) &&
          darknesses.some(({ from, to }) => at > from + NOTICED_AFTER_MS && at < to),
      );
      expect(touched).toEqual([]);
    });
  },
};

export const RETURNING: readonly Story[] = [
  BACK_AFTER_TWO_STORY,
  BACK_DURING_ROLLBACK_STORY,
  FLAPPING_STORY,
  FLAPPING_SLOWLY_STORY,
  FLAPPING_UNNOTICED_STORY,
];
