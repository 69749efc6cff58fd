import { describe, expect, it } from 'vitest';
import { fleetOf, GPU, modelOf, nodeOf, rolloutOf } from './fixtures/objects.ts';
import { TinyWorld } from './fixtures/tiny-world.ts';

/** The versions that serve, without repetition. */
const versions = (world: TinyWorld) => [...new Set(Object.values(world.serving()))].toSorted();

const settledWorld = (count = 6, spec: Parameters<typeof rolloutOf>[0] = {}) => {
  const world = new TinyWorld(fleetOf(count), modelOf(), rolloutOf(spec));
  world.promoteFirst();
  return world;
};

describe('decide: what holds a revision', () => {
  it('holds a candidate without a rollout, and applies it by readiness with updatePolicy Rolling', () => {
    const world = new TinyWorld(fleetOf(4), modelOf());
    world.promoteFirst();
    world.release('2.0.0');
    world.tick(5);
    expect(world.model?.status?.phase).toBe('NoRollout');
    expect(versions(world)).toEqual(['1.0.0']);
    world.edit({ updatePolicy: 'Rolling' });
    world.until('the update', () => versions(world).join() === '2.0.0');
  });

  it('moves no node where the API server refuses the pods, and says so in its words', () => {
    const world = settledWorld(4);
    world.release('2.0.0');
    world.until('a canary', () => versions(world).includes('2.0.0'));
    const before = world.serving();
    const hash = world.release('3.0.0');
    world.acceptance.set(hash, {
      status: 'Refused',
      variant: 'cpu',
      message: 'strict decoding error: unknown field "spec.imagee"',
      at: world.now,
      tries: 1,
    });
    world.tick(5);
    expect(world.serving()).toEqual(before);
    expect(world.model?.status?.conditions?.find(({ type }) => type === 'Accepted')).toMatchObject({
      status: 'False',
      reason: 'PodRefused',
      message: expect.stringContaining('unknown field "spec.imagee"'),
    });
    expect(world.ready()).toBe('False');
    // Corrected: the candidate before goes on where it was, as if nothing had been said.
    world.release('2.0.0');
    world.untilPhase('Promoted');
    expect(world.rollout.status?.candidate?.attempt ?? 1).toBe(1);
    expect(versions(world)).toEqual(['2.0.0']);
  });

  it('refuses a revision of more than 64 KB, without asking anybody', () => {
    const world = settledWorld(2);
    world.edit({ version: '2.0.0', config: { 'labels.txt': 'x'.repeat(64 * 1024) } });
    world.tick(3);
    expect(world.model?.status?.conditions?.find(({ type }) => type === 'Accepted')).toMatchObject({
      status: 'False',
      reason: 'RevisionTooLarge',
      message: expect.stringMatching(/65 KB.*at most 64 KB/),
    });
    expect(versions(world)).toEqual(['1.0.0']);
    expect(world.acceptance.has(world.hash)).toBe(false);
  });

  it.each([
    {
      name: 'a metric without a Prometheus',
      analysis: {
        metrics: [
          {
            name: 'errors',
            ratio: { bad: 'bad_total', total: 'all_total' },
            maxIncrease: { absolute: '1%' },
          },
        ],
      },
      address: undefined,
      reason: 'PrometheusNotConfigured',
    },
  ])('starts no candidate with $name, and does not accept the rollout', ({ analysis, address, reason }) => {
    const world = settledWorld(4, { analysis: { resolution: '5s', warmup: '5s', ...analysis } });
    world.prometheusAddress = address;
    world.release('2.0.0');
    world.tick(5);
    expect(versions(world)).toEqual(['1.0.0']);
    const conditions = world.rollout.status?.conditions ?? [];
    expect(conditions.find(({ type }) => type === 'Accepted')).toMatchObject({ status: 'False', reason });
    expect(conditions.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'False', reason });
  });

  it('does not accept more cohorts than status can show', () => {
    const nodes = Array.from({ length: 65 }, (_, index) =>
      nodeOf(`edge-${index}`, { labels: { 'kubernetes.io/arch': 'arm64', site: `site-${index}` } }),
    );
    const world = new TinyWorld(nodes, modelOf(), rolloutOf({ cohorts: { by: ['site'] } }));
    world.promoteFirst();
    world.release('2.0.0');
    world.tick(5);
    expect(world.rollout.status?.conditions?.find(({ type }) => type === 'Accepted')).toMatchObject({
      status: 'False',
      reason: 'TooManyCohorts',
      message: expect.stringMatching(/65 cohorts, more than 64/),
    });
    expect(versions(world)).toEqual(['1.0.0']);
  });

  it('tells of a model that is not there, and of two rollouts for one model', () => {
    const orphan = new TinyWorld(fleetOf(1), undefined, rolloutOf());
    orphan.pass();
    expect(orphan.rollout.status).toMatchObject({ phase: 'Pending' });
    expect(orphan.rollout.status?.message).toMatch(/there is no EdgeModel defects in namespace vision/);
    orphan.pass();
    expect(orphan.decide().actions).toEqual([]);

    const world = settledWorld(2);
    const younger = rolloutOf({}, 'second');
    world.rollouts = [
      { ...younger, metadata: { ...younger.metadata, creationTimestamp: '2026-03-01T12:30:00Z' } },
      ...world.rollouts,
    ];
    world.tick(2);
    expect(world.rollouts.find(({ metadata }) => metadata.name === 'second')?.status).toMatchObject({
      phase: 'Conflict',
      message: 'EdgeRollout defects is older and governs EdgeModel defects already; delete one of the two',
    });
    expect(world.decide().actions).toEqual([]);
  });

  it.each([
    {
      name: 'no node is selected',
      spec: { nodeSelector: { site: 'nowhere' } },
      code: 'NoNodes',
      says: /spec\.nodeSelector/,
    },
    {
      name: 'no variant fits',
      spec: { variants: [GPU] },
      code: 'NoVariantFits',
      says: /gpu: label accelerator is absent, not orin/,
    },
  ])('says what to do where $name', ({ spec, code, says }) => {
    const world = new TinyWorld(fleetOf(3), modelOf(spec), rolloutOf());
    world.tick(3);
    expect(world.model?.status?.phase).toBe(code);
    expect(world.model?.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: code,
      message: expect.stringMatching(says),
    });
    expect(world.events.map(({ reason }) => reason)).toContain(code);
    expect(world.podViews()).toEqual([]);
    expect(world.decide().actions).toEqual([]);
  });

  it('knows no stable where pods are there and no revision is marked', () => {
    const world = settledWorld(3);
    world.revisions.clear();
    world.configMaps.clear();
    const before = world.serving();
    world.release('2.0.0');
    world.tick(10);
    expect(world.phase()).toBe('Holding');
    expect(world.model?.status?.phase).toBe('StableUnknown');
    expect(world.serving()).toEqual(before);
  });
});
