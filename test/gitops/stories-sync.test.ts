import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DECISION } from '../../src/api/names.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { condition, type Lab, NAMESPACE, startLab } from '../operator/harness.ts';
import { model, NAME, rollout } from '../operator/manifests.ts';
import { nothingMoves, podWrites } from './observe.ts';

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
});

afterEach(() => lab.stop());

/** The canaries soak; the second wave needs a person. */
const ASKING = {
  waves: [
    { name: 'canary', nodes: 1, soak: '20s' },
    { name: 'half', nodes: '50%', soak: '20s', approval: 'Required' },
    { name: 'all', nodes: '100%' },
  ],
} as const;

async function installed(spec: Parameters<typeof rollout>[0] = {}): Promise<void> {
  await lab.apply(rollout(spec));
  await lab.apply(model());
  await lab.untilReady('1.0.0');
}

async function approve(wave: string): Promise<void> {
  const { candidate } = (await lab.rollout()).status ?? {};
  await lab.annotate(NAME, { [DECISION.approve]: `${candidate?.revision}.1/${wave}` });
}

/** As kubectl replace does: the whole object as it is in Git, and nothing else. */
async function gitAlone(): Promise<void> {
  const { resourceVersion = '' } = (await lab.rollout()).metadata;
  const metadata = { name: NAME, namespace: NAMESPACE, resourceVersion };
  await lab.client.replace(RESOURCES.edgeRollouts, { ...rollout(ASKING), metadata });
}

const waveName = async (): Promise<string | undefined> => (await lab.rollout()).status?.wave?.name;

describe('a sync in mid-rollout', () => {
  it('of the same content moves nothing, neither its roster nor its clock', async () => {
    await installed(ASKING);
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilPhase('Soaking');
    const before = (await lab.rollout()).status?.wave;
    const canaries = (await lab.serving()).filter(({ version }) => version === '1.1.0').map(({ uid }) => uid);
    const written = await podWrites(lab, async () => {
      for (let sync = 0; sync < 5; sync++) {
        await lab.apply(rollout(ASKING));
        await lab.apply(model({ version: '1.1.0' }));
        await lab.run(2);
      }
    });
    expect(written).toEqual([]);
    expect((await lab.rollout()).status?.wave).toEqual(before);
    expect((await lab.serving()).filter(({ version }) => version === '1.1.0').map(({ uid }) => uid)).toEqual(
      canaries,
    );
    await lab.untilPhase('AwaitingApproval');
  });

  it.each([
    ['the rollout first', ['EdgeRollout', 'EdgeModel']],
    // In the order in which Argo CD applies them.
    ['the model first', ['EdgeModel', 'EdgeRollout']],
  ])('of new waves beside a new version tries the version by the new waves: %s', async (_, order) => {
    await installed();
    const waves = [
      { name: 'two', nodes: 2, soak: '20s' },
      { name: 'rest', nodes: '100%' },
    ] as const;
    for (const kind of order) {
      await lab.apply(kind === 'EdgeModel' ? model({ version: '1.1.0' }) : rollout({ waves }));
      // A sync of many objects takes its time.
      await lab.simulation.clock.advance(1_000);
    }
    await lab.untilPhase('Soaking');
    expect(await waveName()).toBe('two');
    // Two of each of the two cohorts.
    expect(await lab.versions()).toEqual({ '1.0.0': 8, '1.1.0': 4 });
    await lab.untilReady('1.1.0');
  });

  it('of new waves after the version leaves the waves of the attempt as they were', async () => {
    await installed();
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilPhase('Soaking');
    await lab.apply(rollout({ waves: [{ name: 'everything', nodes: '100%' }] }));
    await lab.run(5);
    expect(await lab.versions()).toEqual({ '1.0.0': 10, '1.1.0': 2 });
    expect(await waveName()).toBe('canary');
    await lab.untilReady('1.1.0');
    expect(lab.timeline.join('\n')).not.toMatch(/everything/);
  });
});

describe('a self-heal after an approval', () => {
  it('leaves the annotation, which Git does not declare, and the wave goes on', async () => {
    await installed(ASKING);
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilPhase('AwaitingApproval');
    await approve('half');
    await lab.apply(rollout(ASKING));
    await lab.until('the next wave', async () => (await waveName()) === 'half', 30);
    await lab.apply(rollout(ASKING));
    expect((await lab.rollout()).metadata.annotations?.[DECISION.approve]).toMatch(/\.1\/half$/);
    await lab.untilReady('1.1.0');
  });

  it('that removes the annotation before the wave began asks again', async () => {
    await installed(ASKING);
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilPhase('Soaking');
    await approve('half');
    await lab.run(2);
    await gitAlone();
    await lab.untilPhase('AwaitingApproval');
    await nothingMoves(lab, 30);
    expect(await waveName()).toBe('canary');
  });

  it('that removes the annotation after the wave began does not undo it', async () => {
    await installed(ASKING);
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilPhase('AwaitingApproval');
    await approve('half');
    await lab.until('the next wave', async () => (await waveName()) === 'half', 30);
    await gitAlone();
    expect((await lab.rollout()).metadata.annotations).toBeUndefined();
    await lab.untilReady('1.1.0');
    expect(await lab.versions()).toEqual({ '1.1.0': 12 });
  });
});

describe('a revert in Git', () => {
  it('in mid-rollout ends the rollout at once: the nodes go back, and nothing is rejected', async () => {
    await installed();
    await lab.apply(model({ version: '1.1.0' }));
    await lab.until('the second wave', async () => (await lab.versions())['1.1.0'] === 6);
    await lab.apply(model());
    const from = lab.now();
    await lab.untilReady('1.0.0');
    await lab.until('all are back', async () => (await lab.versions())['1.0.0'] === 12, 120);
    expect((lab.now() - from) / 1000).toBeLessThan(60);
    const { status } = await lab.rollout();
    expect(status?.rejected ?? []).toEqual([]);
    expect(status?.candidate).toBeUndefined();
    await nothingMoves(lab);
    // The same version once more begins at the first wave.
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilPhase('Soaking');
    expect(await waveName()).toBe('canary');
    await lab.untilReady('1.1.0');
  });

  it('makes an approval of the attempt that it ended void, however long ago that was', async () => {
    await installed(ASKING);
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilPhase('AwaitingApproval');
    await approve('half');
    await lab.until('the next wave', async () => (await waveName()) === 'half', 30);
    await lab.apply(model());
    await lab.untilReady('1.0.0');
    await lab.run(300);
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilPhase('AwaitingApproval');
    expect((await lab.rollout()).status?.candidate?.attempt).toBe(2);
    await nothingMoves(lab);
  });

  it('to a formerly promoted version is done within the limits, without waves', async () => {
    await installed();
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilReady('1.1.0');
    const mark = lab.timeline.length;
    await lab.apply(model());
    await lab.untilReady('1.0.0');
    expect(await lab.versions()).toEqual({ '1.0.0': 12 });
    const said = lab.timeline.slice(mark).join('\n');
    expect(said).toMatch(/Reverting/);
    expect(said).not.toMatch(/canary|Soaking/);
  });

  it('to it with revert Waves walks the waves again', async () => {
    await installed({ revert: 'Waves' });
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilReady('1.1.0');
    const mark = lab.timeline.length;
    await lab.apply(model());
    await lab.untilReady('1.0.0');
    expect(lab.timeline.slice(mark).join('\n')).toMatch(/canary[\s\S]*half/);
  });

  it('to a rejected version does not start it again, however often it is applied', async () => {
    const bad = model({ version: '1.1.0', acts: { 'crash-after': '1s' } });
    await installed();
    await lab.apply(bad);
    await lab.untilPhase('RolledBack');
    await lab.until('all serve stable', async () => (await lab.versions())['1.0.0'] === 12, 60);
    for (let sync = 0; sync < 3; sync++) {
      await lab.apply(bad);
      await lab.apply(rollout());
      await nothingMoves(lab, 20);
    }
    await lab.apply(model());
    await lab.untilReady('1.0.0');
    await lab.apply(bad);
    await nothingMoves(lab, 60);
    expect(condition((await lab.model()).status?.conditions, 'Stalled')?.status).toBe('True');
  });
});

describe('model and rollout arrive', () => {
  it.each([
    ['the model first', ['EdgeModel', 'EdgeRollout']],
    ['the rollout first', ['EdgeRollout', 'EdgeModel']],
  ])('in either order: %s', async (_, order) => {
    for (const kind of order) {
      await lab.apply(kind === 'EdgeModel' ? model() : rollout());
      await lab.run(10);
    }
    await lab.untilReady('1.0.0');
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilReady('1.1.0');
    const { status } = await lab.rollout();
    expect(status?.phase).toBe('Promoted');
    expect(condition(status?.conditions, 'Ready')?.status).toBe('True');
  });

  it('a new version that is there before its rollout waits for it', async () => {
    await lab.apply(model());
    await lab.untilReady('1.0.0');
    await lab.apply(model({ version: '1.1.0' }));
    await lab.run(5);
    expect((await lab.model()).status?.phase).toBe('NoRollout');
    await nothingMoves(lab, 60);
    await lab.apply(rollout());
    await lab.untilPhase('Soaking');
    expect(await lab.versions()).toEqual({ '1.0.0': 10, '1.1.0': 2 });
    await lab.untilReady('1.1.0');
  });
});
