import { describe, expect, it } from 'vitest';
import { disturbedNodes, type Outcome, versions, wayOf } from './outcome.ts';
import { itFetchesWithinItsLimit, itKeepsItsPromises, played, SWITCH_MS } from './played.ts';
import {
  BACK_AFTER_TWO,
  BACK_DURING_ROLLBACK,
  FLAPPING,
  FLAPPING_SLOWLY,
  FLAPPING_UNNOTICED,
} from './scenarios/returning.ts';

const away = ({ notes }: Outcome): readonly string[] => notes['away'] as readonly string[];

/** Two samples of ten seconds: how long a node must be back before anything there is touched. */
const STEADY_MS = 20_000;

/** Ten times two samples of a minute, for a node that went dark five times or more within the hour. */
const LONGEST_STEADY_MS = 20 * 60_000;

/** A renewal of a Lease is overdue after 12 s, told in whole seconds: until then nobody can know. */
const NOTICED_AFTER_MS = 13_000;

describe(`${BACK_AFTER_TWO.title}`, () => {
  const outcome = played(BACK_AFTER_TWO);
  itKeepsItsPromises(outcome);
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
    expect(Math.min(...starts.map(({ at }) => at - backAt))).toBeGreaterThanOrEqual(STEADY_MS - 1_000);
  });

  it('interrupts the service of the one that holds a single pod for a switch, of the other not at all', async () => {
    const { gaps } = await outcome();
    const [orin = '', x86 = ''] = away(await outcome());
    const byOutrigger = (node: string) =>
      gaps.filter((gap) => gap.node === node).reduce((sum, gap) => sum + gap.outrigger, 0);
    expect(byOutrigger(x86)).toBe(0);
    expect(byOutrigger(orin)).toBeGreaterThan(0);
    expect(byOutrigger(orin)).toBeLessThanOrEqual(SWITCH_MS);
  });
});

describe(`${BACK_DURING_ROLLBACK.title}`, () => {
  const outcome = played(BACK_DURING_ROLLBACK);
  // Also the version that is gone back to is stopped first, and the candidate took ten seconds to be Ready.
  itKeepsItsPromises(outcome, { switchMs: SWITCH_MS + 10_000 });
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
    expect(Math.max(...back.map(({ at }) => at - backAt))).toBeLessThan(STEADY_MS);
  });
});

describe.each([FLAPPING, FLAPPING_SLOWLY])('$title', (scenario) => {
  const outcome = played(scenario);
  itKeepsItsPromises(outcome);
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
    // Ten times two minutes; the last time up of the flapping was the first of being steady.
    expect(first).toBeGreaterThanOrEqual(LONGEST_STEADY_MS - 91_000);
    expect(first).toBeLessThanOrEqual(LONGEST_STEADY_MS);
  });
});

describe(`${FLAPPING_UNNOTICED.title}`, () => {
  const outcome = played(FLAPPING_UNNOTICED);
  itKeepsItsPromises(outcome);
  itFetchesWithinItsLimit(outcome);

  it('updates them while they are there, and touches nothing there while they are dark', async () => {
    const done = await outcome();
    expect(versions(done)).toEqual({ '1.1.0': 12 });
    const darknesses = done.notes['darknesses'] as readonly { readonly from: number; readonly to: number }[];
    expect(darknesses).toHaveLength(26);
    const touched = [...done.starts, ...done.disturbances].filter(
      ({ node, at }) =>
        away(done).includes(node) &&
        darknesses.some(({ from, to }) => at > from + NOTICED_AFTER_MS && at < to),
    );
    expect(touched).toEqual([]);
  });
});
