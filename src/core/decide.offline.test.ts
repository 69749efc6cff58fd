import { describe, expect, it } from 'vitest';
import { CPU, fleetOf, GPU, modelOf, nodeOf, rolloutOf } from './fixtures/objects.ts';
import { TinyWorld } from './fixtures/tiny-world.ts';

const WAVES = [
  { name: 'canary', nodes: 3, soak: '30s' },
  { name: 'all', nodes: '100%' },
] as const;

const settledWorld = (count: number, spec: Parameters<typeof rolloutOf>[0] = {}) => {
  const world = new TinyWorld(fleetOf(count), modelOf(), rolloutOf({ waves: [...WAVES], ...spec }));
  world.promoteFirst();
  return world;
};

const running = (world: TinyWorld, version: string) =>
  Object.entries(world.serving()).flatMap(([node, each]) => (each === version ? [node] : []));

/** Until the wave's nodes serve the new version and are measured. */
const canaries = (world: TinyWorld) => {
  world.release('2.0.0');
  world.untilPhase('Soaking');
  return running(world, '2.0.0');
};

const why = (world: TinyWorld) =>
  world.rollout.status?.conditions?.find(({ type }) => type === 'Ready')?.reason;

const reasons = (world: TinyWorld) => world.events.map(({ reason }) => reason);

const isNew = (labels: Readonly<Record<string, string>> | undefined) =>
  labels?.['app.kubernetes.io/version'] === '2.0.0';

/** Off and on, for so many ticks of five seconds each. */
const blink = (world: TinyWorld, name: string, off: number, on: number) => {
  world.reach(name, false);
  world.tick(off);
  world.reach(name, true);
  world.tick(on);
};

describe('decide: nodes that were dark before their update', () => {
  it('leave every denominator: a tenth of the rest goes first, and all of it is all', () => {
    const world = settledWorld(20, {
      waves: [
        { name: 'tenth', nodes: '20%', soak: '30s' },
        { name: 'all', nodes: '100%' },
      ],
      limits: { minReachable: '50%' },
    });
    for (let index = 1; index <= 6; index += 1) world.reach(`edge-${index}`, false);
    const wave = canaries(world);
    // 20% of 14, not of 20.
    expect(wave).toHaveLength(3);
    expect(world.rollout.status).toMatchObject({ updated: '3/14', nodes: { offline: 6, suspect: 0 } });
    world.untilPhase('Promoted');
    expect(world.rollout.status).toMatchObject({ updated: '14/14', nodes: { total: 20, lagging: 6 } });
    for (let index = 1; index <= 6; index += 1) world.reach(`edge-${index}`, true);
    world.until('they catch up', () => world.rollout.status?.updated === '20/20');
  });

  it('in their wave are not waited for, and no evidence is asked of them', () => {
    const world = settledWorld(10);
    world.release('2.0.0');
    world.behaviours.set('2.0.0', 'no image');
    world.until('the pods', () => world.podViews().some(({ labels }) => isNew(labels)));
    const [first] = [...world.pods.values()].filter(({ raw }) => isNew(raw.metadata.labels));
    const dark = world.podViews().find(({ name }) => name === first?.raw.metadata.name)?.node ?? '';
    // Its image is on the way: no process of the candidate ran there.
    world.reach(dark, false);
    world.tick(2);
    world.behaviours.set('2.0.0', 'healthy');
    for (const pod of world.pods.values()) if (pod !== first) pod.behaviour = 'healthy';
    world.untilPhase('Promoted');
    expect(world.rollout.status).toMatchObject({ updated: '9/9', nodes: { offline: 1, suspect: 0 } });
  });
});

describe('decide: nodes that go dark with the candidate', () => {
  it('two of three and no control node: rolled back, and the dark ones on their return', () => {
    const world = settledWorld(10);
    const [a = '', b = '', c = ''] = canaries(world);
    world.reach(a, false);
    world.reach(b, false);
    world.tick(3);
    // A reboot takes as long.
    expect(world.phase()).toBe('Soaking');
    expect(world.model?.status?.exceptions).toMatchObject([
      { reason: 'Suspect', message: expect.stringContaining('went dark after 2.0.0') },
      { reason: 'Suspect' },
    ]);
    world.until('the end', () => (world.rollout.status?.rejected ?? []).length > 0, 40);
    expect(world.rollout.status?.rejected).toMatchObject([
      {
        reason: 'NodesDark',
        message: expect.stringMatching(
          /^2 of 3 nodes of cohort cpu that run the candidate went dark \(.*\), 0 of 7 control nodes$/,
        ),
      },
    ]);
    expect(reasons(world)).toContain('NodesDark');
    world.until('the third is back', () => world.serving()[c] === '1.0.0');
    expect(world.rollout.status?.nodes).toMatchObject({ offline: 2, lagging: 2, suspect: 0 });
    world.reach(a, true);
    world.reach(b, true);
    world.until('so are the others', () => running(world, '1.0.0').length === 10, 5);
    world.untilPhase('RolledBack');
  });

  it('for a moment only: nothing is charged, and the wave goes on', () => {
    const world = settledWorld(10);
    const [a = '', b = ''] = canaries(world);
    world.reach(a, false);
    world.reach(b, false);
    // Past the end of the window: no look is taken while it is not known what became of them.
    world.tick(20);
    expect(world.rollout.status).toMatchObject({ phase: 'Soaking' });
    expect(why(world)).toBe('NodesSuspect');
    world.reach(a, true);
    world.reach(b, true);
    world.untilPhase('Promoted');
    expect(world.rollout.status?.rejected).toEqual([]);
  });

  it('as a whole site: held as SiteDark, and promoted when it is back', () => {
    const world = settledWorld(10);
    const wave = canaries(world);
    const site = [...wave.slice(0, 2), ...running(world, '1.0.0').slice(0, 5)];
    for (const name of site) world.reach(name, false);
    world.until('the reason', () => why(world) === 'SiteDark');
    expect(world.rollout.status?.message).toMatch(/5 of 7 control nodes: the candidate is not to blame/);
    expect(world.rollout.status?.cohorts).toMatchObject([{ phase: 'Holding', reason: 'SiteDark' }]);
    expect(world.rollout.status?.nodes).toMatchObject({ offline: 7, suspect: 2 });
    expect(reasons(world)).toContain('SiteDark');
    world.tick(200);
    expect(why(world)).toBe('SiteDark');
    // The control nodes boot faster: the canaries are not alone in their darkness for that.
    for (const name of site.slice(2)) world.reach(name, true);
    world.tick(60);
    expect(world.rollout.status?.rejected).toEqual([]);
    for (const name of site.slice(0, 2)) world.reach(name, true);
    world.untilPhase('Promoted');
    expect(running(world, '2.0.0')).toHaveLength(10);
  });

  it('one of 25: the others are judged without it, and it lags', () => {
    const world = settledWorld(50, { waves: [{ name: 'half', nodes: 25, soak: '30s' }, WAVES[1]] });
    const [a = ''] = canaries(world);
    world.reach(a, false);
    world.untilPhase('Promoted');
    expect(world.rollout.status).toMatchObject({ updated: '49/50', nodes: { offline: 1 } });
    expect(world.rollout.status?.cohorts?.[0]?.verdicts).toMatchObject([{ nodes: 24 }]);
  });

  it.each([{ count: 2 }, { count: 3 }])(
    'the canary of a cohort of $count: held, and promoted when it is back',
    ({ count }) => {
      const world = settledWorld(count);
      const [a = ''] = canaries(world);
      world.reach(a, false);
      world.until('a hold', () => world.phase() === 'Holding');
      world.tick(100);
      expect(why(world)).toBe('NodesSuspect');
      expect(world.rollout.status?.rejected).toEqual([]);
      world.reach(a, true);
      world.untilPhase('Promoted');
    },
  );

  it('the only node there is: nobody to compare it with, so nothing is charged', () => {
    const world = settledWorld(1, { waves: [{ name: 'all', nodes: '100%', soak: '30s' }] });
    const [a = ''] = canaries(world);
    world.reach(a, false);
    world.until('a hold', () => why(world) === 'DarkWithoutControls');
    blink(world, a, 100, 5);
    world.reach(a, false);
    world.tick(100);
    expect(world.rollout.status?.rejected).toEqual([]);
    expect(world.rollout.status?.message).toMatch(/no node is left on stable to compare them with/);
  });

  it('again and again: the returns do not forgive it', () => {
    const world = settledWorld(10, { waves: [{ name: 'canary', nodes: 1, soak: '10m' }, WAVES[1]] });
    const [a = ''] = canaries(world);
    blink(world, a, 8, 12);
    expect(world.rollout.status?.rejected).toEqual([]);
    world.reach(a, false);
    world.tick(2);
    expect(world.rollout.status?.rejected).toMatchObject([
      {
        reason: 'NodesDark',
        message: expect.stringMatching(new RegExp(`${a} came back and went dark again$`)),
      },
    ]);
    world.tick(6);
    world.reach(a, true);
    world.until('it is back', () => running(world, '1.0.0').length === 10, 6);
  });

  it('again and again, and control nodes as well: the network, not the candidate', () => {
    const world = settledWorld(10, { waves: [{ name: 'canary', nodes: 1, soak: '10m' }, WAVES[1]] });
    const [a = ''] = canaries(world);
    const [control = ''] = running(world, '1.0.0');
    for (let round = 1; round <= 4; round += 1) {
      world.reach(control, false);
      blink(world, a, 8, 2);
      world.reach(control, true);
      world.tick(10);
    }
    expect(world.rollout.status?.rejected).toEqual([]);
    world.until('promotion', () => world.phase() === 'Promoted', 600);
  });
});

const ORIN = { ...GPU, hardware: { nodeSelector: { accelerator: 'orin' } } };
const twoClasses = (spec: Parameters<typeof rolloutOf>[0] = {}) => {
  const nodes = [1, 2, 3, 4, 5, 6].flatMap((index) => [
    nodeOf(`cpu-${index}`),
    nodeOf(`gpu-${index}`, { labels: { accelerator: 'orin' } }),
  ]);
  const world = new TinyWorld(nodes, modelOf({ variants: [ORIN, CPU] }), rolloutOf(spec));
  world.promoteFirst();
  return world;
};

describe('decide: a cohort that goes dark in mid-soak', () => {
  const waves = [
    { name: 'canary', nodes: 1, soak: '30s' },
    { name: 'half', nodes: 3, soak: '30s' },
    { name: 'all', nodes: '100%' },
  ];

  it('is set aside after progressDeadline; the others are promoted, and it starts anew when it is back', () => {
    const world = twoClasses({ waves, limits: { progressDeadline: '5m' } });
    world.release('2.0.0');
    world.until('the second wave', () => running(world, '2.0.0').length === 6 && world.phase() === 'Soaking');
    for (let index = 1; index <= 6; index += 1) world.reach(`gpu-${index}`, false);
    world.until('a hold', () => why(world) === 'SiteDark');
    world.tick(20);
    expect(world.rollout.status?.phase).toBe('Holding');
    world.until(
      'the others',
      () => running(world, '2.0.0').filter((name) => name.startsWith('cpu')).length === 6,
    );
    expect(reasons(world)).toContain('CohortSetAside');
    world.tick(5);
    expect(world.rollout.status?.cohorts).toMatchObject([
      {
        name: 'gpu',
        phase: 'SetAside',
        reason: 'SiteDark',
        message: expect.stringContaining('3 of 3 nodes'),
      },
      { name: 'cpu', phase: 'Promoted' },
    ]);
    expect(why(world)).toBe('SiteDark');
    expect(world.decide().actions).toEqual([]);

    const events = world.events.length;
    for (let index = 1; index <= 6; index += 1) world.reach(`gpu-${index}`, true);
    world.untilPhase('Promoted');
    expect(running(world, '2.0.0')).toHaveLength(12);
    const started = world.events.slice(events).filter(({ reason }) => reason === 'WaveStarted');
    expect(started.map(({ note }) => note)).toEqual([
      'wave canary of 2.0.0 adds 1 nodes in 1 cohorts',
      'wave half of 2.0.0 adds 2 nodes in 1 cohorts',
      'wave all of 2.0.0 adds 3 nodes in 1 cohorts',
    ]);
  });

  it('is back when all that walk are dark: it walks alone, and they follow when they return', () => {
    const world = twoClasses({ waves, limits: { progressDeadline: '5m' } });
    const reach = (prefix: string, ready: boolean) => {
      for (let index = 1; index <= 6; index += 1) world.reach(`${prefix}-${index}`, ready);
    };
    const updated = (prefix: string) =>
      running(world, '2.0.0').filter((name) => name.startsWith(prefix)).length;
    world.release('2.0.0');
    world.until('the second wave', () => running(world, '2.0.0').length === 6 && world.phase() === 'Soaking');
    reach('gpu', false);
    world.until('it is set aside', () => reasons(world).includes('CohortSetAside'));
    expect(updated('cpu')).toBe(3);
    reach('cpu', false);
    world.tick(30);
    reach('gpu', true);
    // For as long as the others may still come back in time it waits for them.
    const events = world.events.length;
    const started = () =>
      world.events.slice(events).flatMap(({ reason, note }) => (reason === 'WaveStarted' ? [note] : []));
    world.tick(20);
    expect(started()).toEqual([]);
    world.until('it begins anew', () => started().length > 0);
    expect(started()).toEqual(['wave canary of 2.0.0 adds 1 nodes in 1 cohorts']);
    world.until('it has all', () => updated('gpu') === 6);
    expect(world.phase()).not.toBe('Promoted');
    expect(world.rollout.status?.rejected).toEqual([]);
    reach('cpu', true);
    world.untilPhase('Promoted');
    expect(running(world, '2.0.0')).toHaveLength(12);
  });

  it('waits as it is where no other cohort could go on without it', () => {
    const world = settledWorld(6, { waves, limits: { progressDeadline: '5m' } });
    const wave = canaries(world);
    for (const { name } of world.nodes) world.reach(name, false);
    world.until('a hold', () => why(world) === 'SiteDark');
    world.tick(100);
    expect(reasons(world)).not.toContain('CohortSetAside');
    for (const { name } of world.nodes) world.reach(name, true);
    world.until('the next wave', () => running(world, '2.0.0').length === 3);
    expect(running(world, '2.0.0')).toEqual(expect.arrayContaining(wave));
    world.untilPhase('Promoted');
  });

  it('two lone canaries of two cohorts are weighed together', () => {
    const world = twoClasses({ waves });
    world.release('2.0.0');
    world.untilPhase('Soaking');
    for (const name of running(world, '2.0.0')) world.reach(name, false);
    world.until('the end', () => (world.rollout.status?.rejected ?? []).length > 0, 60);
    expect(world.rollout.status?.rejected).toMatchObject([
      {
        reason: 'NodesDark',
        message: expect.stringMatching(/^2 of 2 nodes of cohorts gpu, cpu .* 0 of 10 control/),
      },
    ]);
  });
});
