import { beforeEach, describe, expect, it } from 'vitest';
import { containerOf, MINUTE, nodeOf, podOf } from '../core/fixtures/objects.ts';
import { VirtualClock } from '../sim/virtual-clock.ts';
import type { PullView } from './ports/cluster-view.ts';
import { PullPlaces } from './pull-places.ts';

const key = (name: string) => ({ namespace: 'vision', name });
const [A, B, C] = [key('a'), key('b'), key('c')];
const PULLING = podOf();
const RUNNING = podOf({ phase: 'Running', containers: [containerOf({ startedAt: 1 })] });
const FAILING = podOf({
  containers: [containerOf({ waiting: { reason: 'ErrImagePull', message: 'no' } })],
});

let clock: VirtualClock;
let pulls: PullView[];
let pods: Set<string>;
let woken: string[];
let places: PullPlaces;

beforeEach(() => {
  clock = new VirtualClock();
  pulls = [];
  pods = new Set();
  woken = [];
  places = new PullPlaces({
    view: { pulls: () => pulls, hasPod: (_, name) => pods.has(name) },
    clock,
    wake: (model) => void woken.push(model),
  });
});

/** The API server made the pod, and the view shows it. */
function made(of: typeof A, pod: string): void {
  places.asked(of, pod, 'Made');
  pods.add(pod);
  pulls.push({ model: `vision/${of.name}`, since: clock.now(), failing: false });
}

describe('places that are taken', () => {
  it('are the pulls of other models', () => {
    pulls = [
      { model: 'vision/a', since: 0, failing: false },
      { model: 'vision/b', since: 0, failing: false },
      { model: 'other/a', since: 0, failing: false },
    ];
    expect(places.observed(A).elsewhere).toBe(2);
    expect(places.observed(B).elsewhere).toBe(2);
    expect(places.observed(C).elsewhere).toBe(3);
  });

  it('are taken in the moment of the decision, and counted once', () => {
    places.decided(A, ['a-1', 'a-2'], false);
    expect(places.observed(B).elsewhere).toBe(2);
    expect(places.observed(A).elsewhere).toBe(0);
    made(A, 'a-1');
    expect(places.observed(B).elsewhere).toBe(2);
    made(A, 'a-2');
    places.ended(A, 'done');
    expect(places.observed(B).elsewhere).toBe(2);
    pulls = [];
    expect(places.observed(B).elsewhere).toBe(0);
  });

  it('are given back where the server refused the pod, and where the pass ended before it was asked', () => {
    places.decided(A, ['a-1', 'a-2', 'a-3'], false);
    places.asked(A, 'a-1', 'Refused');
    expect(places.observed(B).elsewhere).toBe(2);
    places.ended(A, 'failed');
    expect(places.observed(B).elsewhere).toBe(0);
  });

  it('are kept for a pod whose answer was lost, until it shows or should have', async () => {
    places.decided(A, ['a-1'], false);
    places.asked(A, 'a-1', 'Unknown');
    places.ended(A, 'failed');
    expect(places.observed(B).elsewhere).toBe(1);
    expect(places.freesAt()).toBe(clock.now() + 30_000);
    await clock.advance(30_000);
    expect(places.observed(B).elsewhere).toBe(0);
    expect(places.freesAt()).toBeUndefined();
  });

  it('become free by themselves where a pull hangs', () => {
    pulls = [
      { model: 'vision/a', since: 5 * MINUTE, failing: false },
      { model: 'vision/b', since: 2 * MINUTE, failing: false },
    ];
    expect(places.freesAt()).toBe(62 * MINUTE);
  });
});

describe('pulls that fail', () => {
  const failing = { model: 'vision/a', since: 0, failing: true };

  it('keep their places, and their model is woken when somebody waits for one', () => {
    pulls = [failing, failing];
    expect(places.observed(B).elsewhere).toBe(2);
    places.decided(B, [], true);
    expect(woken).toEqual(['vision/a', 'vision/b']);
    // Once, not at each of its passes.
    places.decided(B, [], true);
    expect(woken).toHaveLength(2);
    places.decided(C, [], true);
    expect(woken).toEqual(['vision/a', 'vision/b', 'vision/a']);
  });

  it('of a model that cannot act hold nobody up for ever', async () => {
    pulls = [failing, { ...failing, failing: false }];
    places.decided(B, [], true);
    expect(places.freesAt()).toBe(Math.min(60 * MINUTE, clock.now() + 5 * MINUTE));
    await clock.advance(5 * MINUTE - 1);
    expect(places.observed(B).elsewhere).toBe(2);
    await clock.advance(1);
    expect(places.observed(B).elsewhere).toBe(1);
  });
});

describe('the line', () => {
  it('lets nobody pass who came later, and who got a place goes to its end', () => {
    places.decided(A, ['a-1'], true);
    places.decided(B, [], true);
    places.decided(C, [], true);
    expect([A, B, C].map((each) => places.observed(each).ahead)).toEqual([false, true, true]);
    places.decided(A, ['a-2'], true);
    expect([A, B, C].map((each) => places.observed(each).ahead)).toEqual([true, false, true]);
    places.decided(B, [], true);
    expect([A, B, C].map((each) => places.observed(each).ahead)).toEqual([true, false, true]);
    places.decided(B, ['b-1'], false);
    expect([A, B, C].map((each) => places.observed(each).ahead)).toEqual([true, true, false]);
    expect(places.observed(key('d')).ahead).toBe(true);
  });

  it('wakes its new first, and the first alone when a place may be free', () => {
    places.decided(A, [], true);
    places.decided(B, [], true);
    woken = [];
    places.noticed({ kind: 'Pod', old: PULLING, new: RUNNING });
    expect(woken).toEqual(['vision/a']);
    places.decided(A, ['a-1'], false);
    expect(woken).toEqual(['vision/a', 'vision/b']);
    places.asked(A, 'a-1', 'Refused');
    expect(woken).toEqual(['vision/a', 'vision/b', 'vision/b']);
  });

  it.each([
    ['a pull that failed', { kind: 'Pod', old: PULLING, new: FAILING }, 0],
    ['one that was taken off', { kind: 'Pod', old: FAILING, new: podOf({ deleting: true }) }, 1],
    ['a pod that is gone', { kind: 'Pod', old: PULLING, new: undefined }, 1],
    ['a pod that is being deleted', { kind: 'Pod', old: PULLING, new: podOf({ deleting: true }) }, 1],
    ['a pod that shows late and runs', { kind: 'Pod', old: undefined, new: RUNNING }, 1],
    ['a new pull', { kind: 'Pod', old: undefined, new: PULLING }, 0],
    ['a pull that goes on', { kind: 'Pod', old: PULLING, new: PULLING }, 0],
    ['a pod that was there before', { kind: 'Pod', old: RUNNING, new: undefined }, 0],
    ['a node that is lost', { kind: 'Node', old: nodeOf('n'), new: nodeOf('n', { ready: 'Unknown' }) }, 1],
    ['a node that is gone', { kind: 'Node', old: nodeOf('n'), new: undefined }, 1],
    ['a node that is back', { kind: 'Node', old: nodeOf('n', { ready: 'False' }), new: nodeOf('n') }, 0],
    ['a change of a model', { kind: 'Part', old: undefined, new: { name: 'x' } }, 0],
  ] as const)('%s', (_, change, times) => {
    places.noticed(change);
    expect(woken).toEqual([]);
    places.decided(A, [], true);
    woken = [];
    places.noticed(change);
    expect(woken).toHaveLength(times);
  });

  it('is left by a model whose pass failed, or that wants nothing any more', () => {
    places.decided(A, [], true);
    places.decided(B, [], true);
    places.decided(C, [], true);
    woken = [];
    places.ended(A, 'failed');
    expect(woken).toEqual(['vision/b']);
    places.decided(B, [], false);
    expect(places.observed(C).ahead).toBe(false);
    expect(woken).toEqual(['vision/b', 'vision/c']);
  });
});
