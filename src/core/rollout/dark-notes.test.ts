import { describe, expect, it } from 'vitest';
import { containerOf, contentOf, CPU, nodeOf, podOf, START } from '../fixtures/objects.ts';
import { nodeState } from '../node/node-state.ts';
import type { NodeState } from '../node/node-state.ts';
import { noteDarkness, wentDarkAgain } from './dark-notes.ts';
import type { DarkNotes } from './memory.ts';

const target = {
  revision: 'rev-b',
  content: contentOf(),
  variant: CPU,
  cohort: 'cpu',
  strategy: 'Surge',
  strategyWhy: '',
  mayReplace: false,
} as const;

const second = (at: number) => START + at * 1000;

/** A node whose Ready changed at that second, with a candidate that started at the tenth. */
const stateAt = (ready: 'True' | 'False' | 'Unknown', at: number, started = 10): NodeState =>
  nodeState(
    nodeOf('edge-1', { ready, readySince: second(at) }),
    target,
    [
      podOf({
        revision: 'rev-b',
        phase: 'Running',
        containers: [containerOf({ startedAt: second(started) })],
      }),
    ],
    { kind: 'None' },
  );

const noted = (...states: NodeState[]) => {
  let notes: DarkNotes = {};
  for (const state of states) notes = noteDarkness(notes, { updated: [state], controls: [] }, START) ?? notes;
  return (notes['edge-1'] ?? []).map((at) => (at - START) / 1000);
};

describe('the notes of nodes that were dark', () => {
  it.each([
    { name: 'never dark', states: [stateAt('True', -100)], notes: [] },
    { name: 'dark before the wave', states: [stateAt('Unknown', -100)], notes: [] },
    { name: 'dark', states: [stateAt('Unknown', 20)], notes: [20] },
    { name: 'seen twice', states: [stateAt('Unknown', 20), stateAt('Unknown', 20)], notes: [20] },
    {
      name: 'a reboot: False, then Unknown, then False again, and back',
      states: [stateAt('False', 20), stateAt('Unknown', 70), stateAt('False', 90), stateAt('True', 95)],
      notes: [20, 95],
    },
    {
      name: 'dark again',
      states: [stateAt('Unknown', 20), stateAt('True', 90), stateAt('Unknown', 150)],
      notes: [20, 90, 150],
    },
    {
      name: 'dark while nobody looked: known by its end',
      states: [stateAt('True', 90)],
      notes: [90, 90],
    },
    {
      name: 'dark while nobody looked, and again',
      states: [stateAt('True', 90), stateAt('Unknown', 150)],
      notes: [90, 90, 150],
    },
    {
      name: 'back before the candidate started: that was no darkness of its',
      states: [stateAt('True', 5)],
      notes: [],
    },
    {
      name: 'more than enough',
      states: [20, 90, 150, 200, 260].map((at, index) => stateAt(index % 2 === 0 ? 'Unknown' : 'True', at)),
      notes: [20, 90, 150],
    },
  ])('$name', ({ states, notes }) => {
    expect(noted(...states)).toEqual(notes);
  });

  it('are kept of control nodes as well, and only ever added to', () => {
    const before = { other: [second(1)] };
    const after = noteDarkness(before, { updated: [], controls: [stateAt('Unknown', 20)] }, START);
    expect(after).toEqual({ other: [second(1)], 'edge-1': [second(20)] });
    expect(
      noteDarkness(after ?? {}, { updated: [], controls: [stateAt('Unknown', 20)] }, START),
    ).toBeUndefined();
  });

  it('tell a node that went dark again from one that is back', () => {
    expect(wentDarkAgain({ a: [1, 2] }, 'a')).toBe(false);
    expect(wentDarkAgain({ a: [1, 2, 3] }, 'a')).toBe(true);
    expect(wentDarkAgain(undefined, 'a')).toBe(false);
  });
});
