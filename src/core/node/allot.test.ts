import { describe, expect, it } from 'vitest';
import { nodeOf, podOf, readyPod } from '../fixtures/objects.ts';
import { allot } from './allot.ts';
import type { PullBudget } from './allot.ts';
import type { NodeState, Want } from './node-state.ts';

const FETCH: Want = { kind: 'CreatePrefetch' };
const BESIDE: Want = { kind: 'CreateServe', beside: true, fetched: false };
const FETCHED: Want = { kind: 'CreateServe', beside: false, fetched: true };
const SWITCH: Want = { kind: 'Switch', pods: [readyPod()], interrupts: true };

function stateOf(name: string, wants: Want | undefined, more: Partial<NodeState> = {}): NodeState {
  return {
    node: nodeOf(name),
    target: undefined,
    phase: 'Waiting',
    reason: undefined,
    since: undefined,
    serving: undefined,
    standing: undefined,
    targetPod: undefined,
    wants,
    leftovers: [],
    fetching: false,
    interrupted: false,
    ...more,
  };
}

/** The nodes that may go on, of four that want the same. */
function allotted(wants: Want, pulls: Partial<PullBudget>, maxUnavailable = 1) {
  const states = [1, 2, 3, 4].map((each) => stateOf(`edge-${each}`, wants));
  const { granted, waitsFor } = allot(states, {
    maxUnavailable: () => maxUnavailable,
    pulls: {
      max: 2,
      own: 0,
      elsewhere: 0,
      ahead: false,
      starts: 50,
      isUrgent: () => false,
      ...pulls,
    },
  });
  return { granted: granted.map(({ state }) => state.node.name), waitsFor };
}

describe('pulls', () => {
  it.each([
    ['none under way', {}, 2, 'Place'],
    ['one of its own', { own: 1 }, 1, 'Place'],
    ['one of another model', { elsewhere: 1 }, 1, 'Place'],
    ['one of its own and one of another model', { own: 1, elsewhere: 1 }, 0, 'Place'],
    ['more than its limit, by others with a higher one', { elsewhere: 9 }, 0, 'Place'],
    ['room, but another model is ahead in the line', { ahead: true }, 0, 'Place'],
    ['room for all', { max: 4 }, 4, undefined],
    ['room for all, where many have only just begun', { max: 4, starts: 3 }, 3, 'Start'],
    ['room, where too many have only just begun', { max: 4, starts: -1 }, 0, 'Start'],
  ] as const)('%s', (_, pulls, count, waitsFor) => {
    for (const want of [FETCH, BESIDE]) {
      const result = allotted(want, pulls);
      expect(result).toEqual({
        granted: ['edge-1', 'edge-2', 'edge-3', 'edge-4'].slice(0, count),
        waitsFor,
      });
    }
  });

  it('that bring nodes back into order wait for none of other models, and for their own', () => {
    const urgent = { isUrgent: () => true, elsewhere: 9, ahead: true };
    expect(allotted(FETCH, urgent)).toEqual({ granted: ['edge-1', 'edge-2'], waitsFor: 'Place' });
    expect(allotted(BESIDE, { ...urgent, own: 1 }).granted).toEqual(['edge-1']);
    const some = { ...urgent, isUrgent: ({ node }: NodeState) => node.name === 'edge-3' };
    expect(allotted(FETCH, some)).toEqual({ granted: ['edge-3'], waitsFor: 'Place' });
  });

  it('are not needed to start what is fetched: no node goes without service for want of a place', () => {
    expect(allotted(FETCHED, { own: 9, elsewhere: 9, ahead: true, starts: 0 })).toEqual({
      granted: ['edge-1', 'edge-2', 'edge-3', 'edge-4'],
      waitsFor: undefined,
    });
  });

  it('do not hold up switches and pods that ended', () => {
    const full = { own: 9, ahead: true };
    expect(allotted(SWITCH, full, 3)).toEqual({
      granted: ['edge-1', 'edge-2', 'edge-3'],
      waitsFor: undefined,
    });
    expect(allotted({ kind: 'Remake', pod: podOf() }, full).granted).toHaveLength(4);
  });
});
