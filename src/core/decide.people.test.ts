import { describe, expect, it } from 'vitest';
import { fleetOf, modelOf, rolloutOf } from './fixtures/objects.ts';
import { TinyWorld } from './fixtures/tiny-world.ts';

const settledWorld = (count = 6, spec: Parameters<typeof rolloutOf>[0] = {}) => {
  const world = new TinyWorld(fleetOf(count), modelOf(), rolloutOf(spec));
  world.promoteFirst();
  return world;
};

const on = (world: TinyWorld, version: string) =>
  Object.values(world.serving()).filter((each) => each === version).length;

/** A metric that Prometheus never answers, so that every look is undecided. */
const SILENT = {
  resolution: '5s',
  warmup: '5s',
  metrics: [{ name: 'heat', query: { expr: 'temperature', max: '85', for: '10s' } }],
} as const;

describe('decide: what people say', () => {
  it('approval: nothing of the wave starts before it, and one for another attempt is none', () => {
    const world = settledWorld(6, {
      waves: [
        { name: 'canary', nodes: 1, soak: '30s' },
        { name: 'all', nodes: '100%', approval: 'Required' },
      ],
    });
    const hash = world.release('2.0.0');
    world.untilPhase('AwaitingApproval');
    expect(world.rollout.status?.message).toContain(`outrigger.dev/approve=${hash}.1/all`);
    expect(world.rollout.status?.conditions?.find(({ type }) => type === 'Approved')?.status).toBe('False');
    world.annotate({ 'outrigger.dev/approve': `${hash}.2/all` });
    world.tick(10);
    expect(on(world, '2.0.0')).toBe(1);
    world.annotate({ 'outrigger.dev/approve': `${hash}.1/all` });
    world.untilPhase('Promoted');
    expect(on(world, '2.0.0')).toBe(6);
    expect(world.rollout.status?.conditions?.find(({ type }) => type === 'Approved')).toBeUndefined();
  });

  it('approval of a wave that adds no node is asked for all the same', () => {
    const world = settledWorld(2, {
      waves: [
        { name: 'canary', nodes: 1, soak: '30s' },
        { name: 'half', nodes: '50%', soak: '30s', approval: 'Required' },
        { name: 'all', nodes: '100%' },
      ],
    });
    const hash = world.release('2.0.0');
    world.untilPhase('AwaitingApproval');
    expect(world.rollout.status?.message).toContain(`outrigger.dev/approve=${hash}.1/half`);
    expect(on(world, '2.0.0')).toBe(1);
    world.annotate({ 'outrigger.dev/approve': `${hash}.1/half` });
    world.untilPhase('Promoted');
  });

  it('promote: a person stands in for the missing Pass of one wave, and it is on record', () => {
    const world = settledWorld(6, { analysis: SILENT });
    const hash = world.release('2.0.0');
    world.until('no data', () => world.phase() === 'Holding');
    expect(on(world, '2.0.0')).toBe(1);
    world.annotate({ 'outrigger.dev/promote': `${hash}.1/canary` });
    world.until('the next wave', () => on(world, '2.0.0') === 3);
    world.until('no data again', () => world.phase() === 'Holding');
    world.tick(20);
    expect(on(world, '2.0.0')).toBe(3);
    world.annotate({ 'outrigger.dev/promote': `${hash}.1/half` });
    world.untilPhase('Promoted');
    const mark = JSON.parse(
      world.revisions.get(`defects-${hash}`)?.metadata.annotations?.['outrigger.dev/promoted'] ?? '{}',
    );
    expect(mark.cohorts.cpu.by).toBe('PromotedByPerson');
  });

  it('promote: never over a Fail', () => {
    const world = settledWorld(8, {
      onFailure: 'Pause',
      waves: [
        { name: 'canary', nodes: 2, soak: '30s' },
        { name: 'all', nodes: '100%' },
      ],
    });
    const hash = world.release('2.0.0');
    world.untilPhase('Soaking');
    world.breakReadiness(({ labels }) => labels['app.kubernetes.io/version'] === '2.0.0');
    world.until('the verdict', () => world.rollout.status?.verdict === 'Fail');
    world.annotate({ 'outrigger.dev/promote': `${hash}.1/canary` });
    world.tick(20);
    expect(world.phase()).toBe('Paused');
    expect(on(world, '1.0.0')).toBe(6);
  });

  it('promote: what the sentence of NoEvidence asks for does what it says', () => {
    const world = settledWorld(4, { waves: [{ name: 'all', nodes: '100%' }] });
    const hash = world.release('2.0.0');
    world.until('all nodes', () => on(world, '2.0.0') === 4);
    world.tick(10);
    expect(world.phase()).toBe('Holding');
    expect(world.rollout.status?.message).toContain(`outrigger.dev/promote=${hash}.1/all`);
    world.annotate({ 'outrigger.dev/promote': `${hash}.1/all` });
    world.untilPhase('Promoted');
  });

  it('abort: goes back everywhere and rejects the attempt', () => {
    const world = settledWorld(6);
    const hash = world.release('2.0.0');
    world.until('a canary', () => on(world, '2.0.0') > 0);
    world.annotate({ 'outrigger.dev/abort': `${hash}.1` });
    world.untilPhase('RolledBack');
    expect(on(world, '1.0.0')).toBe(6);
    expect(world.rollout.status?.rejected).toMatchObject([{ reason: 'AbortedByPerson', attempt: 1 }]);
    // The old abort names attempt 1: it can do nothing to the second.
    world.annotate({ 'outrigger.dev/retry': `${hash}.1` });
    world.untilPhase('Promoted');
  });

  it.each(['canary', 'all'])('pause: in wave %s nothing new starts, and nothing is promoted', (wave) => {
    const world = settledWorld(12, {
      limits: { maxUnavailable: 1, maxPrefetching: 1 },
      waves: [
        { name: 'canary', nodes: 3, soak: '30s' },
        { name: 'all', nodes: '100%' },
      ],
    });
    world.release('2.0.0');
    world.until('the wave', () => world.rollout.status?.wave?.name === wave);
    world.tick();
    world.editRollout({ paused: true });
    world.tick(3);
    const before = on(world, '2.0.0');
    world.tick(40);
    expect(on(world, '2.0.0')).toBe(before);
    expect(before).toBeLessThan(wave === 'canary' ? 3 : 12);
    expect(world.phase()).toBe('Paused');
    expect(world.rollout.status?.conditions?.find(({ type }) => type === 'Paused')?.status).toBe('True');
    expect(world.decide().actions).toEqual([]);
    world.editRollout({ paused: false });
    world.untilPhase('Promoted');
    expect(on(world, '2.0.0')).toBe(12);
  });

  it('pause: a revert does not start either', () => {
    const world = settledWorld(4);
    world.release('2.0.0');
    world.untilPhase('Promoted');
    world.editRollout({ paused: true });
    world.release('1.0.0');
    world.tick(10);
    expect(on(world, '2.0.0')).toBe(4);
    expect(world.phase()).toBe('Paused');
    world.editRollout({ paused: false });
    world.untilPhase('Promoted');
    expect(on(world, '1.0.0')).toBe(4);
  });

  it('an edit of cohorts.by in mid-rollout is for the next candidate', () => {
    const world = settledWorld(8);
    world.release('2.0.0');
    world.until('the second wave', () => on(world, '2.0.0') === 4);
    world.editRollout({ cohorts: { by: ['kubernetes.io/arch'] } });
    world.tick(2);
    expect(on(world, '2.0.0')).toBe(4);
    world.untilPhase('Promoted');
    expect(world.done.filter((action) => action.kind === 'CreatePod')).toHaveLength(16);
  });

  it('nothing found for inconclusiveAfter: taken back, nothing rejected, and a retry is needed', () => {
    const world = settledWorld(4, {
      analysis: SILENT,
      onInconclusive: 'Revert',
      inconclusiveAfter: '2m',
    });
    const hash = world.release('2.0.0');
    world.until('the end', () => world.model?.status?.phase === 'Inconclusive');
    world.tick(10);
    expect(on(world, '1.0.0')).toBe(4);
    expect(world.rollout.status?.rejected).toEqual([]);
    world.answer = (need) => ({
      kind: 'samples',
      samples: need.keys.map((key) => ({ key, minutes: minutesOf(need.window) })),
    });
    world.tick(10);
    expect(on(world, '1.0.0')).toBe(4);
    world.annotate({ 'outrigger.dev/retry': `${hash}.1` });
    world.untilPhase('Promoted');
  });
});

function minutesOf({ from, to, resolution }: { from: number; to: number; resolution: number }) {
  return Array.from({ length: (to - from) / resolution }, (_, index) => ({
    at: from + (index + 1) * resolution,
    value: 40,
  }));
}
