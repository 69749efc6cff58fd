import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LABEL } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { type Resource, RESOURCES } from '../../src/kube/resource.ts';
import { condition, type Lab, NAMESPACE, startLab } from '../operator/harness.ts';
import { model, NAME, rollout } from '../operator/manifests.ts';
import { type Backup, restorable } from './backup.ts';
import { nothingMoves, podWrites } from './observe.ts';

const PARTS = ['controllerRevisions', 'configMaps', 'pods', 'services'] as const;

let labs: Lab[];

beforeEach(() => {
  labs = [];
});

afterEach(async () => {
  for (const lab of labs) await lab.stop();
});

async function cluster(options: Parameters<typeof startLab>[0] = {}): Promise<Lab> {
  const lab = await startLab(options);
  labs.push(lab);
  return lab;
}

const list = (lab: Lab, resource: Resource, labelSelector?: string) =>
  lab.client.listAll<KubeObject>(resource, {
    namespace: NAMESPACE,
    ...(labelSelector !== undefined && { labelSelector }),
  });

async function backup(lab: Lab): Promise<Backup> {
  const parts = await Promise.all(PARTS.map((kind) => list(lab, RESOURCES[kind], `${LABEL.model}=${NAME}`)));
  return {
    parts: parts.flat(),
    models: await list(lab, RESOURCES.edgeModels),
    rollouts: await list(lab, RESOURCES.edgeRollouts),
  };
}

/** A fleet of the same nodes with nothing on it but what the backup brings; the operator runs already. */
async function restored(
  { parts, models, rollouts }: Backup,
  owners: 'WithoutOwners' | 'StaleOwners',
  keep: (object: KubeObject) => boolean = () => true,
): Promise<Lab> {
  const lab = await cluster();
  const kinds = new Map(Object.values(RESOURCES).map((resource) => [resource.kind, resource]));
  // The order of those tools: pods and what they need first, custom resources last.
  for (const object of [...parts, ...models, ...rollouts].filter(keep)) {
    const resource = kinds.get(object.kind);
    if (resource === undefined) throw new Error(`what is a ${object.kind}?`);
    await lab.client.create(resource, NAMESPACE, restorable(object, owners));
  }
  return lab;
}

async function settledCluster(): Promise<Lab> {
  const lab = await cluster();
  await lab.apply(rollout());
  await lab.apply(model());
  await lab.untilReady('1.0.0');
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilReady('1.1.0');
  await lab.until('all serve it', async () => (await lab.versions())['1.1.0'] === 12, 60);
  return lab;
}

async function midWave(): Promise<Lab> {
  const lab = await cluster();
  await lab.apply(rollout());
  await lab.apply(model());
  await lab.untilReady('1.0.0');
  await lab.apply(model({ version: '1.1.0' }));
  await lab.until('the second wave soaks', async () => {
    const { status } = await lab.rollout();
    return status?.wave?.name === 'half' && status.phase === 'Soaking';
  });
  return lab;
}

describe('a restore without status, under new uids', () => {
  it('goes on with the pods that came back: the record of what was promoted is on the ControllerRevisions', async () => {
    const lab = await restored(await backup(await settledCluster()), 'WithoutOwners');
    const written = await podWrites(lab, () => lab.untilReady('1.1.0'));
    // None is made or deleted; each gets the new model as its owner.
    expect(written.filter((line) => !line.includes('PATCH pods'))).toEqual([]);
    await lab.until('all serve', async () => (await lab.versions())['1.1.0'] === 12, 60);
    await nothingMoves(lab);
    const { status } = await lab.model();
    expect(status).toMatchObject({ version: '1.1.0', phase: 'Ready' });
    // They are the model's again, and go with it.
    await lab.client.delete(RESOURCES.edgeModels, NAMESPACE, NAME);
    await lab.until('all is gone', async () => (await lab.state()).pods.length === 0, 60);
  });

  it('of a rollout in mid-wave goes on in that wave, and starts no node beyond it', async () => {
    const lab = await restored(await backup(await midWave()), 'WithoutOwners');
    await lab.until('it knows its wave', async () => (await lab.rollout()).status?.wave?.name === 'half', 60);
    expect((await lab.rollout()).status?.candidate).toMatchObject({ version: '1.1.0', attempt: 1 });
    await lab.untilReady('1.1.0');
  });

  it('without the ControllerRevisions moves nothing and says what to do, whatever the spec says', async () => {
    const saved = await backup(await midWave());
    const lab = await restored(saved, 'WithoutOwners', ({ kind }) => kind !== 'ControllerRevision');
    await lab.untilReason('StableUnknown', NAME, 60);
    await lab.until('all serve', async () => {
      const versions = await lab.versions();
      return versions['1.0.0'] === 6 && versions['1.1.0'] === 6;
    });
    await nothingMoves(lab, 180);
    const { status } = await lab.model();
    expect(condition(status?.conditions, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'StableUnknown',
      message: expect.stringMatching(/12 pods.*kubectl delete pods/),
    });
    expect((await lab.state()).revisions).toEqual([]);
  });

  it('with the owners of the old cluster loses everything to the garbage collector, and starts afresh', async () => {
    const lab = await restored(await backup(await settledCluster()), 'StaleOwners');
    await lab.untilReady('1.1.0');
    await lab.until('all serve', async () => (await lab.versions())['1.1.0'] === 12, 120);
    const { pods, revisions } = await lab.state();
    expect(pods).toHaveLength(12);
    expect(revisions).toHaveLength(1);
    await nothingMoves(lab);
  });

  it('of the models alone is an installation', async () => {
    const saved = await backup(await settledCluster());
    const lab = await restored({ ...saved, parts: [] }, 'WithoutOwners');
    await lab.untilReady('1.1.0');
    await lab.until('all serve', async () => (await lab.versions())['1.1.0'] === 12, 60);
    expect((await lab.state()).revisions).toMatchObject([{ first: true }]);
  });
});
