import { describe, expect, it } from 'vitest';
import { fleetOf, modelOf, rolloutOf } from './fixtures/objects.ts';
import { TinyWorld } from './fixtures/tiny-world.ts';

const LIMITS = { maxUnavailable: 1, minReachable: '50%' } as const;

/** Version 1.0.0 on every node, and each next one goes by readiness alone. */
function settledWorld(count: number, updateStrategy: 'Replace' | 'Surge'): TinyWorld {
  const model = modelOf({ updatePolicy: 'Rolling', updateStrategy });
  const world = new TinyWorld(fleetOf(count), model, rolloutOf({ limits: LIMITS }));
  world.promoteFirst();
  return world;
}

const silence = (world: TinyWorld, name: string) => world.silent.set(name, world.now - 30_000);

const touched = (world: TinyWorld, name: string) =>
  world.done.filter((action) => 'node' in action && action.node === name).map(({ kind }) => kind);

/** Was dark so often, and is back just now. */
const back = (world: TinyWorld, name: string, outages: number) =>
  world.records.set(name, {
    outages: Array.from({ length: outages }, (_, index) => world.now - (outages - index) * 60_000),
    backAt: world.now,
    lease: undefined,
  });

const exceptionOf = (world: TinyWorld, name: string) =>
  world.model?.status?.exceptions?.find(({ node }) => node === name);

describe.each(['Replace', 'Surge'] as const)('a node that is silent, with %s', (strategy) => {
  it('is left alone with its reason, and others take its turn', () => {
    const world = settledWorld(4, strategy);
    silence(world, 'edge-1');
    const before = touched(world, 'edge-1');
    world.release('2.0.0');
    world.until(
      'the others have it',
      () => Object.values(world.serving()).filter((v) => v === '2.0.0').length === 3,
    );
    world.tick(4);
    expect(touched(world, 'edge-1')).toEqual(before);
    expect(exceptionOf(world, 'edge-1')).toMatchObject({
      reason: 'NodeSilent',
      message: expect.stringMatching(
        /^node edge-1 is Ready, but its kubelet has not renewed its Lease since 2026/,
      ),
    });
    expect(world.model?.status?.nodes).toMatchObject({ offline: 1, lagging: 1 });
  });

  it('is steady anew from when it renews its Lease again, and then gets it', () => {
    const world = settledWorld(2, strategy);
    silence(world, 'edge-1');
    world.release('2.0.0');
    world.until('it was found silent', () => exceptionOf(world, 'edge-1')?.reason === 'NodeSilent');
    world.silent.delete('edge-1');
    const before = touched(world, 'edge-1').length;
    world.until('it was asked again', () => world.records.get('edge-1')?.backAt !== undefined);
    const backAt = world.records.get('edge-1')?.backAt ?? 0;
    world.until('it is touched', () => touched(world, 'edge-1').length > before);
    // Two samples of five seconds.
    expect(world.now - backAt).toBeGreaterThanOrEqual(10_000);
    world.until('it has it', () => world.serving()['edge-1'] === '2.0.0');
  });

  it('and would leave a rejected revision, is left alone until it is back', () => {
    const world = new TinyWorld(
      fleetOf(6),
      modelOf({ updateStrategy: strategy }),
      rolloutOf({ limits: LIMITS }),
    );
    world.promoteFirst();
    world.release('2.0.0');
    world.untilPhase('Soaking');
    const [canary = ''] = Object.entries(world.serving()).flatMap(([node, v]) =>
      v === '2.0.0' ? [node] : [],
    );
    world.now += 60_000;
    silence(world, canary);
    const before = touched(world, canary);
    world.annotate({ 'outrigger.dev/abort': `${world.hash}.1` });
    world.tick(6);
    expect(world.rollout.status?.rejected).toHaveLength(1);
    expect(touched(world, canary)).toEqual(before);
    world.silent.delete(canary);
    world.until('it went back', () => world.serving()[canary] === '1.0.0');
  });
});

describe('what is asked', () => {
  it('nothing while nothing is to be disturbed: a first revision, and a fleet at rest', () => {
    const world = settledWorld(4, 'Replace');
    world.tick(20);
    expect(world.asked).toEqual([]);
  });

  it('only those nodes that are about to be touched, a hundred at a time', () => {
    const limits = { limits: { maxUnavailable: '100%', maxPrefetching: 500 } } as const;
    const world = new TinyWorld(
      fleetOf(150),
      modelOf({ updatePolicy: 'Rolling', updateStrategy: 'Surge' }),
      rolloutOf(limits),
    );
    world.promoteFirst();
    world.tick(3);
    world.release('2.0.0');
    world.until('something is asked', () => world.asked.length > 0);
    // So many pulls begin in a moment, and no more nodes are asked for.
    expect(world.asked[0]).toHaveLength(50);
    world.until('all have it', () => Object.values(world.serving()).every((v) => v === '2.0.0'));
    expect(Math.max(...world.asked.map(({ length }) => length))).toBeLessThanOrEqual(100);
  });

  it('once in a pass, and not again while the answer holds', () => {
    const world = settledWorld(1, 'Replace');
    world.release('2.0.0');
    world.until('it was asked', () => world.asked.length > 0);
    world.pass();
    world.pass();
    expect(world.asked).toEqual([['edge-1']]);
  });
});

describe('a node that came back', () => {
  it.each([
    [1, 10],
    [3, 40],
    [8, 100],
  ])(
    'from darkness %i of the hour waits %i s, and says so; the rollout does not wait for it',
    (outages, seconds) => {
      const world = settledWorld(3, 'Replace');
      back(world, 'edge-1', outages);
      const from = world.now;
      const before = touched(world, 'edge-1').length;
      world.release('2.0.0');
      world.tick();
      expect(exceptionOf(world, 'edge-1')).toMatchObject({
        reason: 'NodeUnsteady',
        message: expect.stringContaining(outages === 1 ? 'went dark once' : `went dark ${outages} times`),
      });
      world.until('it is touched', () => touched(world, 'edge-1').length > before);
      expect(world.now - from).toBeGreaterThanOrEqual(seconds * 1_000);
      expect(world.now - from).toBeLessThan(seconds * 1_000 + 30_000);
      world.until('all have it', () => Object.values(world.serving()).every((v) => v === '2.0.0'));
    },
  );

  it('is asked to wait by nobody where it is to leave a rejected revision', () => {
    const world = new TinyWorld(
      fleetOf(6),
      modelOf({ updateStrategy: 'Surge' }),
      rolloutOf({ limits: LIMITS }),
    );
    world.promoteFirst();
    world.release('2.0.0');
    world.untilPhase('Soaking');
    const [canary = ''] = Object.entries(world.serving()).flatMap(([node, v]) =>
      v === '2.0.0' ? [node] : [],
    );
    back(world, canary, 8);
    world.annotate({ 'outrigger.dev/abort': `${world.hash}.1` });
    world.tick(6);
    expect(world.serving()[canary]).toBe('1.0.0');
  });

  it('is drawn for no wave before it is steady', () => {
    const world = new TinyWorld(fleetOf(8), modelOf(), rolloutOf({ limits: LIMITS }));
    world.promoteFirst();
    for (let index = 1; index <= 6; index += 1) back(world, `edge-${index}`, 5);
    world.release('2.0.0');
    world.untilPhase('Soaking');
    const canary = Object.entries(world.serving()).flatMap(([node, v]) => (v === '2.0.0' ? [node] : []));
    expect(['edge-7', 'edge-8']).toEqual(expect.arrayContaining(canary));
    expect(canary).toHaveLength(1);
  });
});
