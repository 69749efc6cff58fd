import { describe, expect, it } from 'vitest';
import { MINUTE, nodeOf, START } from '../fixtures/objects.ts';
import { silentSince } from './lease-reading.ts';
import { afterAsking, afterChange, isForgettable, NO_RECORD, recentOutages } from './node-record.ts';
import type { NodeRecord } from './node-record.ts';
import { steadyAt, steadyFor, withNoticed } from './noticed.ts';

const UP = { ready: 'True' } as const;
const DARK = { ready: 'Unknown' } as const;
const lease = (renewTime: string, age: number) => ({ renewTime, durationMs: 40_000, age });

/** Dark for a minute, as often as said; the last return is at START. */
function flapped(times: number): NodeRecord {
  let record = NO_RECORD;
  for (let index = times - 1; index >= 0; index--) {
    const back = START - index * 3 * MINUTE;
    record = afterChange(record, UP, DARK, back - MINUTE);
    record = afterChange(record, DARK, UP, back);
  }
  return record;
}

function noticed(record: NodeRecord, now: number, ready: 'True' | 'Unknown' = 'True') {
  const [node] = withNoticed([nodeOf('edge-1', { ready })], new Map([['edge-1', record]]), MINUTE, now);
  return node?.noticed;
}

describe('what is remembered of a node', () => {
  it('a darkness and a return, by our clock', () => {
    const dark = afterChange(NO_RECORD, UP, DARK, START);
    expect(dark.outages).toEqual([START]);
    expect(afterChange(dark, DARK, UP, START + MINUTE)).toEqual({
      outages: [START],
      backAt: START + MINUTE,
      lease: undefined,
    });
    expect(afterChange(dark, DARK, { ready: 'False' }, START + MINUTE)).toBe(dark);
  });

  it('a silence counts as a darkness, and as one with the darkness that it becomes', () => {
    const silent = afterAsking(NO_RECORD, lease('a', 30_000), START);
    expect(silent.outages).toEqual([START]);
    expect(afterAsking(silent, lease('a', 40_000), START + 10_000).outages).toEqual([START]);
    const dark = afterChange(silent, UP, DARK, START + 20_000);
    expect(dark).toMatchObject({ outages: [START], lease: undefined });
  });

  it('a node that renews again has come back, and what is silent stays so while nobody answers', () => {
    const silent = afterAsking(NO_RECORD, lease('a', 30_000), START);
    const unanswered = afterAsking(silent, 'Unanswered', START + 5_000);
    expect(silentSince(unanswered.lease)).toBe(START - 30_000);
    expect(unanswered.backAt).toBeUndefined();
    const back = afterAsking(unanswered, lease('b', 1_000), START + 15_000);
    expect(back.backAt).toBe(START + 15_000);
    expect(silentSince(back.lease)).toBeUndefined();
  });

  it('nothing for longer than an hour, and no more than matters', () => {
    expect(flapped(40).outages).toHaveLength(16);
    const record = flapped(3);
    expect(recentOutages(record, START + 55 * MINUTE)).toHaveLength(2);
    expect(isForgettable(record, START + 60 * MINUTE)).toBe(false);
    expect(isForgettable(record, START + 61 * MINUTE)).toBe(true);
  });
});

describe('how long a node has to be there', () => {
  it.each([
    [0, 2],
    [1, 2],
    [2, 4],
    [3, 8],
    [4, 16],
    [5, 20],
    [16, 20],
  ])('that went dark %i times: %i minutes', (outages, minutes) => {
    expect(steadyFor(outages, MINUTE)).toBe(minutes * MINUTE);
  });

  it.each([
    [1, 2],
    [2, 4],
    [5, 20],
  ])('is counted from its last return: %i darknesses', (times, minutes) => {
    const until = START + minutes * MINUTE;
    expect(noticed(flapped(times), until - 1)).toMatchObject({ outages: times, unsteadyUntil: until });
    expect(noticed(flapped(times), until)?.unsteadyUntil).toBeUndefined();
  });

  it('shrinks as darknesses are forgotten', () => {
    expect(noticed(flapped(6), START + 19 * MINUTE)?.unsteadyUntil).toBe(START + 20 * MINUTE);
  });

  it('of one that is dark it says since when it comes and goes, and no more', () => {
    const record = afterChange(flapped(2), UP, DARK, START + MINUTE);
    expect(noticed(record, START + MINUTE, 'Unknown')).toEqual({
      outages: 3,
      backAt: START,
      unsteadySince: START - 4 * MINUTE,
    });
  });

  it('goes by when it was seen to come back, not by what a clock wrote that may be off', () => {
    const hour = 60 * MINUTE;
    const back = { outages: 1, backAt: START } as const;
    for (const readySince of [START - hour, START, START + hour])
      expect(steadyAt(nodeOf('edge-1', { readySince, noticed: back }), MINUTE)).toBe(START + 2 * MINUTE);
    expect(steadyAt(nodeOf('edge-1', { readySince: START }), MINUTE)).toBe(START + 2 * MINUTE);
  });

  it('is nothing for a node that has only just joined', () => {
    const joined = { readySince: START, createdAt: START - MINUTE };
    expect(steadyAt(nodeOf('edge-1', joined), MINUTE)).toBe(0);
    const back = { outages: 1, backAt: START };
    expect(steadyAt(nodeOf('edge-1', { ...joined, noticed: back }), MINUTE)).toBe(START + 2 * MINUTE);
  });
});
