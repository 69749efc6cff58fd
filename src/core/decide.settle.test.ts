import { beforeEach, describe, expect, it } from 'vitest';
import { fleetOf, modelOf, rolloutOf } from './fixtures/objects.ts';
import { TinyWorld } from './fixtures/tiny-world.ts';

let world: TinyWorld;

beforeEach(() => {
  world = new TinyWorld(fleetOf(6), modelOf(), rolloutOf());
  world.promoteFirst();
});

const memories = (): number => [...world.configMaps.keys()].filter((name) => name.includes('memory')).length;

describe('a new candidate', () => {
  it('waits a moment for the waves that come with it', () => {
    world.release('2.0.0');
    world.pass();
    const decision = world.pass();
    expect(decision.requeueAt).toBe(world.now + 3_000);
    expect(memories()).toBe(0);
    expect(world.phase()).toBe('Progressing');
    world.editRollout({ waves: [{ name: 'other', nodes: '100%' }] });
    world.now += 3_000;
    world.pass();
    expect(memories()).toBe(1);
    expect(world.rollout.status?.wave?.name).toBe('other');
  });

  it('leaves the nodes of the one before as they are meanwhile', () => {
    world.release('2.0.0');
    world.until(
      'two nodes run it',
      () => Object.values(world.serving()).filter((v) => v === '2.0.0').length >= 2,
    );
    const before = world.serving();
    world.release('3.0.0');
    world.pass();
    world.done.length = 0;
    world.pass();
    expect(world.done.filter(({ kind }) => kind === 'CreatePod' || kind === 'DeletePod')).toEqual([]);
    expect(world.serving()).toEqual(before);
  });

  it("does not wait for a clock of the API server's that is ahead", () => {
    world.release('2.0.0');
    world.pass();
    const [name = '', raw] = [...world.revisions].at(-1) ?? [];
    if (raw === undefined) throw new Error('no revision');
    const creationTimestamp = new Date(world.now + 600_000).toISOString();
    world.revisions.set(name, { ...raw, metadata: { ...raw.metadata, creationTimestamp } });
    world.pass();
    expect(memories()).toBe(1);
  });
});
