import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RESOURCES } from '../../src/kube/resource.ts';
import { condition, type Lab, NAMESPACE, startLab } from '../operator/harness.ts';
import { model, NAME, rollout } from '../operator/manifests.ts';
import { nothingMoves } from './observe.ts';

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
  await lab.apply(rollout());
  await lab.apply(model());
  await lab.untilReady('1.0.0');
});

afterEach(() => lab.stop());

async function midWave(): Promise<void> {
  await lab.apply(model({ version: '1.1.0' }));
  await lab.until('the second wave soaks', async () => {
    const { status } = await lab.rollout();
    return status?.wave?.name === 'half' && status.phase === 'Soaking';
  });
  expect(await lab.versions()).toEqual({ '1.0.0': 6, '1.1.0': 6 });
}

const prune = (
  kind: 'EdgeModel' | 'EdgeRollout',
  propagationPolicy: 'Background' | 'Foreground' | 'Orphan' = 'Background',
) =>
  lab.client.delete(kind === 'EdgeModel' ? RESOURCES.edgeModels : RESOURCES.edgeRollouts, NAMESPACE, NAME, {
    propagationPolicy,
  });

const podCount = async (): Promise<number> => (await lab.state()).pods.length;

describe('a rollout that is pruned in mid-wave', () => {
  it('freezes every node where it is, and says so', async () => {
    await midWave();
    await prune('EdgeRollout');
    await nothingMoves(lab, 180);
    const { status } = await lab.model();
    expect(condition(status?.conditions, 'Ready')).toMatchObject({ status: 'False', reason: 'NoRollout' });
    expect(status).toMatchObject({ version: '1.0.0' });
  });

  it('goes on where it was when it is there again', async () => {
    await midWave();
    await prune('EdgeRollout');
    await nothingMoves(lab, 10);
    await lab.apply(rollout());
    await lab.until('it knows its wave', async () => (await lab.rollout()).status?.wave?.name === 'half', 30);
    expect((await lab.rollout()).status?.candidate).toMatchObject({ version: '1.1.0', attempt: 1 });
    await lab.untilReady('1.1.0');
  });
});

describe('a model that is pruned in mid-wave', () => {
  it.each(['Background', 'Foreground'] as const)(
    'takes its pods with it (%s), and the rollout says why it waits',
    async (policy) => {
      await midWave();
      await prune('EdgeModel', policy);
      await lab.until('all is gone', async () => (await podCount()) === 0, 60);
      const { status } = await lab.rollout();
      expect(condition(status?.conditions, 'Ready')).toMatchObject({
        status: 'False',
        reason: 'ModelNotFound',
      });
      expect(status?.candidate).toBeUndefined();
      expect(status?.wave).toBeUndefined();
      const { revisions, memories } = await lab.state();
      expect([revisions, memories]).toEqual([[], []]);
    },
  );

  it('starts afresh when it is made again at once, while its former pods end', async () => {
    await midWave();
    const former = new Set((await lab.serving()).map(({ uid }) => uid));
    await prune('EdgeModel');
    await lab.apply(model({ version: '1.1.0' }));
    await lab.untilReady('1.1.0');
    await lab.until('every node serves it', async () => (await lab.versions())['1.1.0'] === 12, 120);
    const { pods, revisions } = await lab.state();
    expect(pods.filter(({ uid }) => former.has(uid))).toEqual([]);
    expect(revisions).toHaveLength(1);
    // Deleting the model forgets: this is a first revision, without a candidate.
    expect((await lab.rollout()).status?.candidate).toBeUndefined();
  });

  it('starts afresh also beside a node that is away and keeps its former pod', async () => {
    const name = (await lab.serving())[0]?.node ?? '';
    const node = lab.simulation.fleet.node(name);
    node.cutOff();
    await lab.until('it is away', async () => ((await lab.model()).status?.nodes?.offline ?? 0) === 1, 120);
    await prune('EdgeModel');
    await lab.apply(model({ version: '2.0.0' }));
    await lab.untilReady('2.0.0');
    expect((await lab.versions())['2.0.0']).toBe(11);
    node.reconnect();
    await lab.until('it has the new one', async () => (await lab.versions())['2.0.0'] === 12, 300);
    expect((await lab.state()).pods).toHaveLength(12);
  });
});
