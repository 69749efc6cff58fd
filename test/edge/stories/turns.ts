import { expect, it } from 'vitest';
import { disturbedNodes, versions } from '../outcome.ts';
import { itFetchesWithinItsLimit, type Story } from '../played.ts';
import { TWO_MODELS, UPDATE_WINDOW } from '../scenarios/turns.ts';

const UPDATE_WINDOW_STORY: Story = {
  scenario: UPDATE_WINDOW,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('says OutsideWindow, and in status when the next one opens', async () => {
      const { notes, reasons } = await outcome();
      expect(reasons).toContain('OutsideWindow');
      expect(notes['nextWindow']).toBe(new Date(Number(notes['opensAt'])).toISOString());
      expect(notes).not.toHaveProperty('nextWindowAfter', expect.anything());
    });

    it('switches nothing before it opens, and fetches ahead for what is to be replaced', async () => {
      const { notes, disturbances, starts } = await outcome();
      const opensAt = Number(notes['opensAt']);
      const news = starts.filter(({ version }) => version === '1.1.0');
      const early = news.filter(({ at }) => at < opensAt);
      expect(early.length).toBeGreaterThan(0);
      expect(early.filter(({ role }) => role !== 'prefetch')).toEqual([]);
      expect(disturbances.filter(({ at }) => at < opensAt)).toEqual([]);
    });

    it('is promoted in the window', async () => {
      const done = await outcome();
      expect(versions(done)).toEqual({ '1.1.0': 12 });
      expect(disturbedNodes(done)).toHaveLength(12);
      expect(done.end).toMatchObject({ model: 'Ready', stable: '1.1.0', rejected: [] });
    });
  },
};

const TWO_MODELS_STORY: Story = {
  scenario: TWO_MODELS,
  holds: (outcome) => {
    itFetchesWithinItsLimit(outcome);

    it('has no more than two pods that pull at any moment, of both models together', async () => {
      const { mostPulling, maxPrefetching, notes } = await outcome();
      expect(notes['pulled']).toEqual(['defect-detector', 'reader']);
      expect(maxPrefetching).toBe(2);
      expect(mostPulling).toBe(2);
    });

    it('brings both models everywhere', async () => {
      const done = await outcome();
      expect(versions(done)).toEqual({ '1.1.0': 8 });
      expect(done.end).toMatchObject({ model: 'Ready', stable: '1.1.0', rejected: [] });
    });
  },
};

export const TURNS: readonly Story[] = [UPDATE_WINDOW_STORY, TWO_MODELS_STORY];
