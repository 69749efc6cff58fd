import { describe, expect, it } from 'vitest';
import { fleetOf, GPU, modelOf, nodeOf, rolloutOf } from './fixtures/objects.ts';
import { TinyWorld } from './fixtures/tiny-world.ts';

/** The versions that serve, without repetition. */
const versions = (world: TinyWorld) => [...new Set(Object.values(world.serving()))].toSorted();

const orin = (name: string) =>
  nodeOf(name, {
    labels: { accelerator: 'orin' },
    allocatable: { cpu: '4', memory: '8Gi', 'nvidia.com/gpu': '1' },
  });

const settledWorld = (count = 6, spec: Parameters<typeof rolloutOf>[0] = {}) => {
  const world = new TinyWorld(fleetOf(count), modelOf(), rolloutOf(spec));
  world.promoteFirst();
  return world;
};

describe('decide: whole flows', () => {
  it('applies the first revision to every node at once, and then rests', () => {
    const world = settledWorld(4);
    expect(Object.values(world.serving())).toEqual(['1.0.0', '1.0.0', '1.0.0', '1.0.0']);
    world.pass();
    expect(world.decide().actions).toEqual([]);
  });

  it('takes a healthy candidate through every wave to promotion, and then rests', () => {
    const world = settledWorld();
    const hash = world.release('2.0.0');
    world.untilPhase('Promoted');
    expect(versions(world)).toEqual(['2.0.0']);
    expect(world.events.filter(({ reason }) => reason === 'WaveStarted').map(({ note }) => note)).toEqual([
      'wave canary of 2.0.0 adds 1 nodes in 1 cohorts',
      'wave half of 2.0.0 adds 2 nodes in 1 cohorts',
      'wave all of 2.0.0 adds 3 nodes in 1 cohorts',
    ]);
    expect(world.rollout.status).toMatchObject({
      stable: { revision: hash, version: '2.0.0' },
      updated: '6/6',
    });
    world.tick(3);
    expect(world.decide().actions).toEqual([]);
  });

  it('goes back from a candidate that crashes, and never starts it again', () => {
    const world = settledWorld();
    const hash = world.release('2.0.0', 'crashes');
    world.untilPhase('RolledBack');
    expect(versions(world)).toEqual(['1.0.0']);
    expect(world.rollout.status?.rejected).toMatchObject([
      { revision: hash, attempt: 1, reason: 'Crashing' },
    ]);
    world.edit({ version: '2.0.1' });
    world.release('2.0.0', 'crashes');
    world.tick(20);
    expect(versions(world)).toEqual(['1.0.0']);
    expect(world.phase()).toBe('RolledBack');
    expect(world.decide().actions).toEqual([]);
  });

  it('starts a rejected revision again on a retry that names its attempt, and on no other', () => {
    const world = settledWorld();
    const hash = world.release('2.0.0', 'crashes');
    world.untilPhase('RolledBack');
    world.behaviours.set('2.0.0', 'healthy');
    world.annotate({ 'outrigger.dev/retry': `${hash}.2` });
    world.tick(5);
    expect(world.phase()).toBe('RolledBack');
    world.annotate({ 'outrigger.dev/retry': `${hash}.1` });
    world.untilPhase('Promoted');
    expect(versions(world)).toEqual(['2.0.0']);
  });

  it('supersedes a candidate: its nodes go first, and it is not rejected', () => {
    const world = settledWorld(8);
    world.release('2.0.0');
    world.until('the second wave', () => world.rollout.status?.wave?.name === 'half');
    world.until('its nodes', () => Object.values(world.serving()).includes('2.0.0'));
    const second = world.hash;
    const disturbed = world.podViews().flatMap(({ node, revision }) => (revision === second ? [node] : []));
    world.release('3.0.0');
    world.until('the canary of the third', () => Object.values(world.serving()).includes('3.0.0'));
    const canary = Object.entries(world.serving()).find(([, version]) => version === '3.0.0')?.[0];
    expect(disturbed).toContain(canary);
    world.untilPhase('Promoted');
    expect(versions(world)).toEqual(['3.0.0']);
    expect(world.rollout.status?.rejected).toEqual([]);
  });

  it('ends a rollout at once when the spec goes back to the stable content', () => {
    const world = settledWorld();
    const first = world.hash;
    world.release('2.0.0');
    world.until('a canary', () => versions(world).includes('2.0.0'));
    expect(world.release('1.0.0')).toBe(first);
    world.until('all back', () => versions(world).join() === '1.0.0');
    expect(world.ready()).toBe('True');
    expect(world.rollout.status?.rejected).toEqual([]);
  });

  it('reverts to a formerly promoted revision without waves', () => {
    const world = settledWorld();
    const first = world.hash;
    world.release('2.0.0');
    world.untilPhase('Promoted');
    const waves = world.events.length;
    world.release('1.0.0');
    world.untilPhase('Promoted');
    expect(versions(world)).toEqual(['1.0.0']);
    expect(world.events.slice(waves).map(({ reason }) => reason)).not.toContain('WaveStarted');
    expect(world.rollout.status?.stable?.revision).toBe(first);
  });

  it('freezes every node where it is when the rollout is deleted in mid-wave, and goes on when it is back', () => {
    const world = settledWorld(8);
    world.release('2.0.0');
    world.until('the second wave', () => world.rollout.status?.wave?.name === 'half');
    world.until(
      'two nodes',
      () => Object.values(world.serving()).filter((each) => each === '2.0.0').length >= 2,
    );
    const before = world.serving();
    const { rollout } = world;
    world.rollouts = [];
    world.tick(20);
    expect(world.serving()).toEqual(before);
    expect(world.model?.status?.phase).toBe('NoRollout');
    expect(world.decide().actions).toEqual([]);
    world.rollouts = [rollout];
    world.untilPhase('Promoted');
    expect(versions(world)).toEqual(['2.0.0']);
  });

  it('goes on from its memory when everything but the API server is forgotten', () => {
    const world = settledWorld(8);
    world.release('2.0.0');
    world.until('a canary', () => versions(world).includes('2.0.0'));
    world.acceptance.clear();
    world.remade.clear();
    world.mismatched.clear();
    world.untilPhase('Promoted');
    expect(world.done.filter(({ kind }) => kind === 'CreateRevision')).toHaveLength(2);
  });

  it('goes on with the nodes that run it when its memory was deleted', () => {
    const world = settledWorld(8);
    world.release('2.0.0');
    world.until('a canary', () => versions(world).includes('2.0.0'));
    const before = world.serving();
    world.configMaps.clear();
    world.pass();
    expect(world.serving()).toEqual(before);
    expect(world.events.map(({ reason }) => reason)).toContain('MemoryLost');
    world.untilPhase('Promoted');
  });

  it('replaces on the accelerator only after a prefetch pod, one node of the cohort at a time', () => {
    const nodes = Array.from({ length: 6 }, (_, index) => orin(`orin-${index + 1}`));
    const world = new TinyWorld(nodes, modelOf({ variants: [GPU] }), rolloutOf());
    world.promoteFirst();
    world.release('2.0.0');
    let fewest = 6;
    world.until('promotion', () => {
      fewest = Math.min(fewest, Object.keys(world.serving()).length);
      return world.phase() === 'Promoted';
    });
    expect(versions(world)).toEqual(['2.0.0']);
    expect(fewest).toBe(5);
    world.tick(2);
    expect(world.podViews().filter(({ role }) => role === 'prefetch')).toEqual([]);
  });

  it('takes the Unschedulable of the scheduler as the answer, still one node at a time', () => {
    const world = settledWorld(6, {
      waves: [
        { name: 'canary', nodes: 3, soak: '30s' },
        { name: 'all', nodes: '100%' },
      ],
    });
    world.release('2.0.0', 'unschedulable beside another');
    let fewest = 6;
    world.until('promotion', () => {
      fewest = Math.min(fewest, Object.keys(world.serving()).length);
      return world.phase() === 'Promoted';
    });
    expect(fewest).toBe(5);
  });

  it('lets the pods go before the model with deletionPolicy Orphan', () => {
    const world = settledWorld(2);
    world.edit({ deletionPolicy: 'Orphan' });
    world.tick();
    expect(world.model?.metadata.finalizers).toEqual(['outrigger.dev/orphan-pods']);
    const { model } = world;
    if (model === undefined) throw new Error('no model');
    world.model = { ...model, metadata: { ...model.metadata, deletionTimestamp: '2026-03-01T13:00:00Z' } };
    expect(world.decide().actions.map(({ kind }) => kind)).toEqual(['SetOwner', 'SetOwner', 'SetFinalizers']);
    world.pass();
    expect(world.decide().actions).toEqual([]);
  });
});
