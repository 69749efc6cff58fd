import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LABEL } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { condition, isThere, type Lab, NAMESPACE, startLab } from '../operator/harness.ts';
import { model, type ModelManifest, NAME, rollout } from '../operator/manifests.ts';
import { nothingMoves } from './observe.ts';

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
  await lab.apply(rollout());
});

afterEach(() => lab.stop());

const ORPHAN = {
  deletionPolicy: 'Orphan',
  config: { 'labels.txt': 'ok\nscratch\n' },
  service: { port: 80, targetPort: 'http' },
} as const;

const orphaning = (version = '1.0.0'): ModelManifest => model({ version, spec: ORPHAN });

async function owners(): Promise<Readonly<Record<string, readonly string[]>>> {
  const kinds = ['pods', 'configMaps', 'services', 'controllerRevisions'] as const;
  const lists = await Promise.all(
    kinds.map((kind) =>
      lab.client.listAll<KubeObject>(RESOURCES[kind], {
        namespace: NAMESPACE,
        labelSelector: `${LABEL.model}=${NAME}`,
      }),
    ),
  );
  return Object.fromEntries(
    kinds.map((kind, index) => [
      kind,
      [
        ...new Set(
          (lists[index] ?? []).map(
            ({ metadata }) => metadata.ownerReferences?.map((owner) => owner.kind).join() ?? '',
          ),
        ),
      ],
    ]),
  );
}

const remove = (propagationPolicy: 'Background' | 'Foreground' | 'Orphan') =>
  lab.client.delete(RESOURCES.edgeModels, NAMESPACE, NAME, { propagationPolicy });

async function removed(propagationPolicy: Parameters<typeof remove>[0]): Promise<void> {
  await remove(propagationPolicy);
  await lab.until('the model is gone', async () => !(await isThere(lab, RESOURCES.edgeModels, NAME)), 30);
}

describe('deletionPolicy Orphan', () => {
  it.each(['Background', 'Foreground', 'Orphan'] as const)(
    'the pods, their files and their Service outlive the model (%s)',
    async (policy) => {
      await lab.apply(orphaning());
      await lab.untilReady('1.0.0');
      await lab.run(5);
      await removed(policy);
      await nothingMoves(lab, 60);
      expect(await lab.versions()).toEqual({ '1.0.0': 12 });
      expect(await owners()).toMatchObject({ pods: ['Node'], configMaps: [''], services: [''] });
    },
  );

  it('set on a model that runs already lets go of what it owned, and set back takes it again', async () => {
    await lab.apply(model({ spec: { ...ORPHAN, deletionPolicy: 'Delete' } }));
    await lab.untilReady('1.0.0');
    expect(await owners()).toMatchObject({
      pods: ['EdgeModel'],
      configMaps: ['EdgeModel'],
      services: ['EdgeModel'],
    });
    const uids = (await lab.serving()).map(({ uid }) => uid);
    await lab.apply(orphaning());
    await lab.run(5);
    expect(await owners()).toMatchObject({ pods: ['Node'], configMaps: [''], services: [''] });
    await lab.apply(model({ spec: { ...ORPHAN, deletionPolicy: 'Delete' } }));
    await lab.run(5);
    expect(await owners()).toMatchObject({
      pods: ['EdgeModel'],
      configMaps: ['EdgeModel'],
      services: ['EdgeModel'],
    });
    expect((await lab.serving()).map(({ uid }) => uid)).toEqual(uids);
    await removed('Background');
    await lab.until('all is gone', async () => (await lab.state()).pods.length === 0, 60);
  });

  it('goes through a rollout as any other', async () => {
    await lab.apply(orphaning());
    await lab.untilReady('1.0.0');
    await lab.apply(orphaning('1.1.0'));
    await lab.untilReady('1.1.0');
    await lab.until('all serve it', async () => (await lab.versions())['1.1.0'] === 12, 60);
    expect((await owners())['pods']).toEqual(['Node']);
    expect((await lab.state()).pods).toHaveLength(12);
  });
});

describe('a model made again beside pods that were orphaned', () => {
  beforeEach(async () => {
    await lab.apply(orphaning());
    await lab.untilReady('1.0.0');
    await lab.run(5);
    await removed('Foreground');
    await lab.until('its revisions are gone', async () => (await lab.state()).revisions.length === 0, 30);
  });

  it('moves nothing, whatever its spec says, and tells what to do', async () => {
    await lab.apply(orphaning('2.0.0'));
    await lab.untilReason('StableUnknown', NAME, 30);
    await nothingMoves(lab, 120);
    expect(await lab.versions()).toEqual({ '1.0.0': 12 });
    const { status } = await lab.model();
    expect(condition(status?.conditions, 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'StableUnknown',
    });
    const { message } = condition(status?.conditions, 'Ready') ?? {};
    expect(message).toContain('12 pods');
    expect(message).toContain(
      `kubectl delete pods --namespace ${NAMESPACE} --selector ${LABEL.model}=${NAME}`,
    );
    expect(message).toContain(
      `kubectl label pods --namespace ${NAMESPACE} --selector ${LABEL.model}=${NAME} ${LABEL.model}-`,
    );
  });

  it('starts when the pods are deleted, as the message says', async () => {
    await lab.apply(orphaning('2.0.0'));
    await lab.untilReason('StableUnknown', NAME, 30);
    for (const { name } of (await lab.state()).pods) await lab.client.delete(RESOURCES.pods, NAMESPACE, name);
    await lab.untilReady('2.0.0');
    expect(await lab.versions()).toEqual({ '2.0.0': 12 });
  });

  it('starts beside them when they lose the label, as the message says', async () => {
    await lab.apply(orphaning('2.0.0'));
    await lab.untilReason('StableUnknown', NAME, 30);
    const pods = (await lab.state()).pods;
    for (const { name } of pods) {
      await lab.client.mergePatch(RESOURCES.pods, NAMESPACE, name, {
        metadata: { labels: { [LABEL.model]: null } },
      });
    }
    // The accelerators are held by the old ones still; every other node serves both.
    await lab.until('the others serve', async () => (await lab.versions())['2.0.0'] === 6, 120);
    const left = await lab.client.listAll<KubeObject>(RESOURCES.pods, { namespace: NAMESPACE });
    expect(left.filter(({ metadata }) => pods.some(({ uid }) => uid === metadata.uid))).toHaveLength(12);
  });
});

it('a model deleted with --cascade=orphan and made again takes over where it was', async () => {
  await lab.apply(model());
  await lab.untilReady('1.0.0');
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilReady('1.1.0');
  await lab.until('all serve it', async () => (await lab.versions())['1.1.0'] === 12, 60);
  await removed('Orphan');
  await nothingMoves(lab, 30);
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilReady('1.1.0', NAME, 30);
  await nothingMoves(lab, 60);
  expect(await owners()).toMatchObject({ pods: ['EdgeModel'], controllerRevisions: ['EdgeModel'] });
  await lab.apply(model({ version: '1.2.0' }));
  await lab.untilPhase('Soaking');
  expect(await lab.versions()).toEqual({ '1.1.0': 10, '1.2.0': 2 });
});
