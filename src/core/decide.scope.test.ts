import { describe, expect, it } from 'vitest';
import { CPU, GPU, modelOf, nodeOf, rolloutOf } from './fixtures/objects.ts';
import { TinyWorld } from './fixtures/tiny-world.ts';

/** Two hardware classes; on both a node holds two pods. */
const ORIN = { ...GPU, hardware: { nodeSelector: { accelerator: 'orin' } } };

const twoClasses = (spec: Parameters<typeof rolloutOf>[0] = {}) => {
  const nodes = [1, 2, 3, 4].flatMap((index) => [
    nodeOf(`cpu-${index}`),
    nodeOf(`gpu-${index}`, { labels: { accelerator: 'orin' } }),
  ]);
  const world = new TinyWorld(nodes, modelOf({ variants: [ORIN, CPU] }), rolloutOf(spec));
  world.promoteFirst();
  return world;
};

/** What serves, by the first letters of the node. */
const classes = (world: TinyWorld) => {
  const serving = Object.entries(world.serving());
  const of = (prefix: string) =>
    [...new Set(serving.filter(([node]) => node.startsWith(prefix)).map(([, version]) => version))].join();
  return { gpu: of('gpu'), cpu: of('cpu') };
};

describe('decide: where a failure ends', () => {
  it('at the fleet: one class that fails takes the revision back everywhere', () => {
    const world = twoClasses();
    world.release('2.0.0');
    world.variantBehaviours.set('2.0.0/gpu', 'crashes');
    world.untilPhase('RolledBack');
    expect(classes(world)).toEqual({ gpu: '1.0.0', cpu: '1.0.0' });
    expect(world.rollout.status?.rejected).toMatchObject([{ attempt: 1, reason: 'Crashing' }]);
  });

  it('at the cohort: the other class goes on and is promoted; one mark, and then silence', () => {
    const world = twoClasses({ failureScope: 'Cohort' });
    const hash = world.release('2.0.0');
    world.variantBehaviours.set('2.0.0/gpu', 'crashes');
    world.until('the end', () => classes(world).cpu === '2.0.0' && world.phase() === 'RolledBack');
    expect(classes(world)).toEqual({ gpu: '1.0.0', cpu: '2.0.0' });
    expect(world.rollout.status?.rejected).toMatchObject([{ revision: hash, attempt: 1, cohort: 'gpu' }]);
    world.tick(5);
    expect(world.decide().actions).toEqual([]);
  });

  it('at the cohort, by the judge: a Fail is acted on once', () => {
    const world = twoClasses({
      failureScope: 'Cohort',
      waves: [
        { name: 'canary', nodes: 2, soak: '30s' },
        { name: 'all', nodes: '100%' },
      ],
    });
    world.release('2.0.0');
    world.until(
      'the canaries',
      () => Object.values(world.serving()).filter((each) => each === '2.0.0').length === 2,
    );
    world.until('a soak', () => world.phase() === 'Soaking');
    world.breakReadiness(
      ({ labels }) =>
        labels['outrigger.dev/variant'] === 'gpu' && labels['app.kubernetes.io/version'] === '2.0.0',
    );
    world.until('the verdict', () => (world.rollout.status?.rejected ?? []).length > 0);
    expect(world.rollout.status?.rejected).toMatchObject([{ cohort: 'gpu', reason: 'PodsUnhealthy' }]);
    world.until('the end', () => classes(world).cpu === '2.0.0' && world.phase() === 'RolledBack');
    expect(classes(world)).toEqual({ gpu: '1.0.0', cpu: '2.0.0' });
    expect(world.rollout.status?.rejected).toHaveLength(1);
  });

  it('at the only cohort there is: that is a rejection', () => {
    const world = new TinyWorld(
      [nodeOf('a'), nodeOf('b'), nodeOf('c')],
      modelOf(),
      rolloutOf({ failureScope: 'Cohort' }),
    );
    world.promoteFirst();
    const hash = world.release('2.0.0', 'crashes');
    world.untilPhase('RolledBack');
    expect(world.model?.status?.conditions?.find(({ type }) => type === 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'Crashing',
      message: expect.stringContaining(`outrigger.dev/retry=${hash}.1`),
    });
    world.behaviours.set('2.0.0', 'healthy');
    world.annotate({ 'outrigger.dev/retry': `${hash}.1` });
    world.untilPhase('Promoted');
  });

  it('a cohort that tries again walks the waves, although the others were promoted', () => {
    const world = twoClasses({ failureScope: 'Cohort' });
    const hash = world.release('2.0.0');
    world.variantBehaviours.set('2.0.0/gpu', 'crashes');
    world.until('the end', () => classes(world).cpu === '2.0.0' && world.phase() === 'RolledBack');
    world.variantBehaviours.clear();
    const events = world.events.length;
    world.annotate({ 'outrigger.dev/retry': `${hash}.1` });
    world.until('promotion', () => world.phase() === 'Promoted');
    expect(classes(world)).toEqual({ gpu: '2.0.0', cpu: '2.0.0' });
    expect(
      world.events
        .slice(events)
        .filter(({ reason }) => reason === 'WaveStarted')
        .map(({ note }) => note),
    ).toEqual([
      'wave canary of 2.0.0 adds 1 nodes in 1 cohorts',
      'wave all of 2.0.0 adds 3 nodes in 1 cohorts',
    ]);
  });

  it('a cohort out of reach is set aside after progressDeadline, and does not hold up the others', () => {
    const world = twoClasses({
      limits: { progressDeadline: '3m' },
      waves: [
        { name: 'canary', nodes: 1, soak: '30s' },
        { name: 'all', nodes: '100%', approval: 'Required' },
      ],
    });
    const hash = world.release('2.0.0');
    world.untilPhase('AwaitingApproval');
    for (const index of [1, 2, 3, 4]) world.reach(`gpu-${index}`, false);
    world.annotate({ 'outrigger.dev/approve': `${hash}.1/all` });
    world.until('the class in reach', () => classes(world).cpu === '2.0.0');
    world.tick(3);
    expect(world.rollout.status?.cohorts).toMatchObject([
      { name: 'gpu', phase: 'SetAside', reason: 'SiteDark' },
      { name: 'cpu', phase: 'Promoted' },
    ]);
    for (const index of [1, 2, 3, 4]) world.reach(`gpu-${index}`, true);
    world.untilPhase('Promoted');
    expect(classes(world)).toEqual({ gpu: '2.0.0', cpu: '2.0.0' });
  });
});
