import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DECISION, LABEL } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { condition } from '../operator/harness.ts';
import { eventually, OperatorProcess, Site, startFleet } from '../operator/real-cluster.ts';
import { describeReal } from '../setup/describe-real.ts';
import { type Backup, restorable } from './backup.ts';
import { Kubectl } from './kubectl.ts';
import { AWAITING_WAVES, quickRollout, smallModel } from './manifests.ts';

const NODES = 4;
const NAME = 'saved';

async function items(kubectl: Kubectl, kinds: string): Promise<readonly KubeObject[]> {
  const list = await kubectl.run(['get', kinds, '-l', `${LABEL.model}=${NAME}`, '-o', 'json']);
  return (JSON.parse(list) as { readonly items: readonly KubeObject[] }).items;
}

const uids = async (site: Site): Promise<readonly string[]> =>
  (await site.pods(NAME)).map(({ uid }) => uid).toSorted();

describeReal('a restore without status on a real API server', (real) => {
  let fleet: { stop(): Promise<void> };
  let saved: Backup;
  const operators: OperatorProcess[] = [];

  async function started(namespace: string): Promise<void> {
    const operator = new OperatorProcess(real(), namespace);
    operators.push(operator);
    await operator.untilLeading();
  }

  // A rollout that waits for a person in mid-wave is what is backed up.
  beforeAll(async () => {
    const site = new Site(real(), await real().namespace());
    const kubectl = new Kubectl(real(), site.namespace);
    fleet = await startFleet(real(), NODES);
    await started(site.namespace);
    await kubectl.apply([
      quickRollout(NAME, { waves: AWAITING_WAVES }),
      smallModel(NAME, { spec: { config: { 'labels.txt': 'ok' } } }),
    ]);
    await kubectl.run(['wait', '--for=condition=Ready', `em/${NAME}`, '--timeout=90s']);
    await kubectl.apply([smallModel(NAME, { version: '1.1.0', spec: { config: { 'labels.txt': 'ok' } } })]);
    await site.untilPhase('AwaitingApproval', NAME);
    await eventually(
      'one pod a node',
      () => site.pods(NAME),
      (pods) => pods.length === NODES,
    );
    saved = {
      parts: await items(kubectl, 'configmaps,controllerrevisions,pods'),
      models: [await kubectl.get(`em/${NAME}`)],
      rollouts: [await kubectl.get(`er/${NAME}`)],
    };
  });

  afterAll(async () => {
    for (const operator of operators) await operator.end('SIGTERM');
    await fleet.stop();
  });

  /** Into a namespace of its own, whose operator runs already. */
  async function restored(keep: (object: KubeObject) => boolean): Promise<{ site: Site; kubectl: Kubectl }> {
    const site = new Site(real(), await real().namespace());
    const kubectl = new Kubectl(real(), site.namespace);
    await started(site.namespace);
    const objects = [...saved.parts, ...saved.models, ...saved.rollouts].filter(keep);
    await kubectl.apply(
      objects.map((object) => restorable(object, 'WithoutOwners')),
      '--server-side',
    );
    return { site, kubectl };
  }

  it('with the ControllerRevisions goes on where it was, with the pods that came back', async () => {
    const { site, kubectl } = await restored(() => true);
    const before = await uids(site);
    expect(before).toHaveLength(NODES);
    const { status } = await site.untilPhase('AwaitingApproval', NAME);
    expect(status).toMatchObject({ candidate: { version: '1.1.0', attempt: 1 }, wave: { name: 'canary' } });
    expect(status?.stable?.version).toBe('1.0.0');
    expect(await uids(site)).toEqual(before);
    const value = `${status?.candidate?.revision}.1/all`;
    await kubectl.run(['annotate', '--overwrite', `er/${NAME}`, `${DECISION.approve}=${value}`]);
    await kubectl.run(['wait', '--for=condition=Ready', `em/${NAME}`, '--timeout=90s']);
    const owners = new Set(
      (await items(kubectl, 'pods')).map(({ metadata }) => metadata.ownerReferences?.[0]?.uid),
    );
    expect([...owners]).toEqual([(await site.model(NAME)).metadata.uid]);
  });

  describe('without them', () => {
    it('touches nothing, and says what to do', async () => {
      const { site } = await restored(({ kind }) => kind !== 'ControllerRevision');
      const before = await uids(site);
      await site.untilCondition('EdgeModel', NAME, 'Stalled', 'StableUnknown');
      await eventually(
        'the pods that came back serve',
        () => site.versions(NAME),
        (versions) => versions['1.0.0'] === NODES - 1 && versions['1.1.0'] === 1,
      );
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      expect(await uids(site)).toEqual(before);
      const said = condition((await site.rollout(NAME)).status?.conditions, 'Ready');
      expect(said).toMatchObject({
        reason: 'StableUnknown',
        message: expect.stringContaining(`${NODES} pods`),
      });
    });
  });
});
