import { describe, expect, it } from 'vitest';
import { fleetOf, modelOf, rolloutOf, START } from './fixtures/objects.ts';
import { isPulling } from './node/fetching.ts';
import { TinyWorld } from './fixtures/tiny-world.ts';

const FIVE_MINUTES = 5 * 60_000;

function created(world: TinyWorld): number {
  return world.done.filter(({ kind }) => kind === 'CreatePod').length;
}

function fresh(count: number, maxPrefetching?: number | string): TinyWorld {
  const limits = maxPrefetching === undefined ? undefined : { limits: { maxPrefetching } };
  const world = new TinyWorld(fleetOf(count), modelOf(), rolloutOf(limits as never));
  world.behaviours.set('1.0.0', 'pulling');
  return world;
}

/** Nodes in the order in which their first pods are made. */
const order = () => {
  const world = fresh(60, 10);
  begin(world);
  return world.done.flatMap((action) => (action.kind === 'CreatePod' ? [action.node] : []));
};

/** The images are there, and those of later pods as well. */
function arrive(world: TinyWorld): void {
  world.behaviours.set('1.0.0', 'healthy');
  for (const pod of world.pods.values()) pod.behaviour = 'healthy';
}

/** Passes without a step of the kubelets until the revision is accepted and pods are made. */
function begin(world: TinyWorld): void {
  for (let pass = 0; pass < 6; pass += 1) world.pass();
}

describe('pulls of other models', () => {
  it('take places, and the rollout says what it waits for', () => {
    const world = fresh(6, 4);
    world.pulls = { elsewhere: 3, ahead: false };
    begin(world);
    expect(created(world)).toBe(1);
    expect(world.decide().waitsForPull).toBe(true);
    expect(world.rollout.status?.message).toBe(
      '0 of 6 nodes of cohort cpu serve the candidate; the next waits for pulls of other models to end (limits.maxPrefetching)',
    );
    world.pulls = { elsewhere: 0, ahead: true };
    begin(world);
    expect(created(world)).toBe(1);
    world.pulls = { elsewhere: 0, ahead: false };
    begin(world);
    expect(created(world)).toBe(4);
    expect(world.decide().waitsForPull).toBe(true);
    expect(world.rollout.status?.message).toBe('0 of 6 nodes of cohort cpu serve the candidate');
    arrive(world);
    world.promoteFirst();
    expect(world.decide().waitsForPull).toBe(false);
  });

  it('bound also a model without a rollout, by the default', () => {
    const world = new TinyWorld(fleetOf(9), modelOf());
    world.behaviours.set('1.0.0', 'pulling');
    world.pulls = { elsewhere: 2, ahead: false };
    begin(world);
    expect(created(world)).toBe(3);
  });

  it('hold back no node that goes back from a rejected revision', () => {
    const world = fresh(6, 4);
    arrive(world);
    world.promoteFirst();
    world.release('2.0.0');
    world.until('a canary', () => Object.values(world.serving()).includes('2.0.0'));
    world.pulls = { elsewhere: 100, ahead: true };
    world.annotate({ 'outrigger.dev/abort': `${world.hash}.1` });
    world.untilPhase('RolledBack');
    expect(Object.values(world.serving())).toEqual(Array.from({ length: 6 }, () => '1.0.0'));
  });
});

it("the operator's own bound is above what rollouts say", () => {
  const world = fresh(9, '100%');
  world.maxPrefetching = 2;
  begin(world);
  expect(created(world)).toBe(2);
});

it('a pull that goes on for an hour gives up its place', () => {
  const world = fresh(6, 2);
  begin(world);
  expect(created(world)).toBe(2);
  world.now = START + 60 * 60_000 - 1;
  expect(world.decide().actions.filter(({ kind }) => kind === 'CreatePod')).toHaveLength(0);
  world.now = START + 60 * 60_000;
  expect(world.decide().actions.filter(({ kind }) => kind === 'CreatePod')).toHaveLength(2);
});

it('a pod that a taint keeps off its node has a place, and gives it up after a minute', () => {
  const world = fresh(6, 2);
  world.behaviours.set('1.0.0', 'tainted');
  begin(world);
  expect(created(world)).toBe(2);
  expect(world.decide().requeueAt).toBe(START + 60_000);
  world.now = START + 60_000;
  expect(world.decide().actions.filter(({ kind }) => kind === 'CreatePod')).toHaveLength(2);
});

/** Pods that hold a place: their images are on their way, or their kubelets try again by themselves. */
function holding(world: TinyWorld): number {
  return world.podViews().filter((pod) => isPulling(pod)).length;
}

function takenOff(world: TinyWorld): string[] {
  return world.done.flatMap((action) =>
    action.kind === 'DeletePod' && action.unfetched !== undefined ? [action.node] : [],
  );
}

describe('pulls that fail', () => {
  it('keep their places; the next batch tries after a pause, when they are taken off', () => {
    const world = fresh(9, 2);
    world.behaviours.set('1.0.0', 'no image');
    begin(world);
    expect(created(world)).toBe(2);
    expect(world.decide().requeueAt).toBe(START + FIVE_MINUTES);
    world.until('two more', () => {
      expect(holding(world)).toBeLessThanOrEqual(2);
      return created(world) > 2;
    });
    expect(takenOff(world)).toHaveLength(2);
    expect(world.now).toBe(START + FIVE_MINUTES + 5_000);
    expect(created(world)).toBe(4);
    expect(holding(world)).toBe(2);
    // Nobody else waits for them.
    expect(world.decide().waitsForPull).toBe(false);
    // The registry is back: the rest need not wait for the end of the pause.
    arrive(world);
    world.promoteFirst();
    expect(world.now).toBeLessThan(START + 2 * FIVE_MINUTES);
  });

  it('give their places to other models after a minute, and come back one after the other', () => {
    const world = fresh(3, 3);
    world.behaviours.set('1.0.0', 'no image');
    begin(world);
    world.tick(11);
    world.pulls = { elsewhere: 0, ahead: true };
    expect(world.decide().requeueAt).toBe(START + 60_000);
    expect(takenOff(world)).toEqual([]);
    world.tick();
    expect(takenOff(world)).toHaveLength(3);
    world.tick();
    expect(holding(world)).toBe(0);
    // Nobody asks for them, and still the reason stays what it was.
    expect(world.rollout.status?.message).toContain('an image cannot be fetched');
    world.pulls = { elsewhere: 0, ahead: false };
    const returns: number[] = [];
    for (let ticks = 0; returns.length < 3 && ticks < 100; ticks += 1) {
      const before = created(world);
      world.tick();
      for (let more = created(world) - before; more > 0; more -= 1) returns.push(world.now - START - 60_000);
      expect(world.rollout.status?.message).toContain('an image cannot be fetched');
    }
    // After the pause of the revision, in which all three failed; each has its own backoff behind it as well.
    expect(Math.min(...returns)).toBeGreaterThanOrEqual(FIVE_MINUTES - 60_000);
    expect(returns).toHaveLength(3);
    arrive(world);
    world.promoteFirst();
  });

  it('of a revision that nobody wants any more go at once, with their places', () => {
    const world = fresh(4, 2);
    arrive(world);
    world.promoteFirst();
    world.release('2.0.0', 'no image');
    world.until('a canary fetches', () => holding(world) > 0);
    world.release('3.0.0');
    world.until('it does not any more', () => holding(world) === 0, 3);
    expect(Object.values(world.serving())).toEqual(Array.from({ length: 4 }, () => '1.0.0'));
    world.until('the next', () => Object.values(world.serving()).includes('3.0.0'));
  });

  it('take nothing off a node that is out of reach', () => {
    const world = fresh(2, 2);
    world.behaviours.set('1.0.0', 'no image');
    begin(world);
    world.reach('edge-1', false);
    world.pulls = { elsewhere: 0, ahead: true };
    world.tick(20);
    expect(takenOff(world)).toEqual(['edge-2']);
  });

  it('of a few nodes do not keep a fleet waiting', () => {
    const world = fresh(9, 3);
    begin(world);
    arrive(world);
    for (const [index, pod] of [...world.pods.values()].entries()) if (index < 2) pod.behaviour = 'no image';
    world.until('the others serve', () => Object.keys(world.serving()).length === 7);
    expect(world.now).toBeLessThan(START + FIVE_MINUTES);
  });
});

describe('many starts at once', () => {
  it('are spread over time, however many the limit allows', () => {
    const world = fresh(120, '100%');
    begin(world);
    expect(created(world)).toBe(50);
    expect(world.decide().requeueAt).toBe(world.now + 2_000);
    world.now += 2_000;
    begin(world);
    expect(created(world)).toBe(100);
    world.now += 2_000;
    begin(world);
    expect(created(world)).toBe(120);
  });

  it('are not held back by an API server whose clock is elsewhere', () => {
    const world = fresh(120, '100%');
    begin(world);
    const skewed = world.observed().pods.map((pod) => ({ ...pod, createdAt: pod.createdAt + 600_000 }));
    world.observed = ((evidence) => ({
      ...TinyWorld.prototype.observed.call(world, evidence),
      pods: skewed,
    })) as TinyWorld['observed'];
    expect(world.decide().actions.filter(({ kind }) => kind === 'CreatePod')).toHaveLength(50);
  });

  it('take nodes of all sites in turn, in the same order each time', () => {
    const first = order();
    expect(order()).toEqual(first);
    expect(first).not.toEqual(first.toSorted());
    // Ten of sixty: some of each third of the names.
    const thirds = new Set(first.map((name) => Math.floor((Number(name.slice(5)) - 1) / 20)));
    expect(thirds.size).toBe(3);
  });
});
