import { afterAll, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { customResourceDefinition } from '../../src/api/custom-resource-definition.ts';
import { CUSTOM_RESOURCES } from '../../src/api/resource.ts';
import { installCrds } from '../api/install-crds.ts';
import { releaseObjects } from '../api/release-objects.ts';
import { removeCrds } from '../chart/operator-pods-crds.ts';
import { eventually } from '../operator/real-cluster.ts';
import { RealStage } from '../operator/real-stage.ts';
import { describeReal } from '../setup/describe-real.ts';
import { AWAITING_WAVES, quickRollout, smallModel } from './manifests.ts';

const NODES = 4;
const NAME = 'upgraded';

type Schema = Record<string, unknown> & { properties: Record<string, Schema>; description?: string };

/** The CRDs as a later version may bring them: one optional field more, and other words. */
function later(): readonly object[] {
  return CUSTOM_RESOURCES.map((resource) => {
    const definition = structuredClone(customResourceDefinition(resource)) as unknown as {
      readonly spec: {
        readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[];
      };
    };
    for (const { schema } of definition.spec.versions) {
      const spec = schema.openAPIV3Schema.properties['spec'];
      if (spec === undefined) throw new Error('a CRD without a spec');
      spec.properties['addedLater'] = { type: 'string' } as unknown as Schema;
      spec.description = 'Told in other words.';
    }
    return definition;
  });
}

describeReal('the CRDs under objects that are in use', (real) => {
  // Before the stage, so that it finds the operator ended.
  afterAll(async () => {
    // Others find the CRDs as they are in this version, whatever became of them here.
    await removeCrds(real());
    await installCrds(real().call);
  });
  const stage = new RealStage(real, NODES);

  const uids = async (): Promise<readonly string[]> =>
    (await stage.site.pods(NAME))
      .filter(({ deleting }) => !deleting)
      .map(({ uid }) => uid)
      .toSorted();

  async function releaseOthers(): Promise<void> {
    const { body } = await real().call('GET', '/api/v1/namespaces');
    for (const { metadata } of body['items'] as readonly KubeObject[]) {
      if (metadata.name !== stage.site.namespace) await releaseObjects(real().call, metadata.name);
    }
  }

  const applyCrds = (definitions: readonly object[]): Promise<string> =>
    stage.kubectl.run(
      ['apply', '--server-side', '--force-conflicts', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: definitions }),
    );

  it('an upgrade in mid-wave disturbs nothing, and the operator goes on without a restart', async () => {
    const waves = AWAITING_WAVES;
    await stage.kubectl.apply([quickRollout(NAME, { waves }), smallModel(NAME)]);
    await stage.kubectl.run(['wait', '--for=condition=Ready', `em/${NAME}`, '--timeout=90s']);
    await stage.kubectl.apply([smallModel(NAME, { version: '1.1.0' })]);
    await stage.site.untilPhase('AwaitingApproval', NAME);
    await eventually('one pod a node', uids, (found) => found.length === NODES);
    const before = { pods: await uids(), rollout: (await stage.site.rollout(NAME)).status };

    await applyCrds(later());
    await eventually(
      'the new field is served',
      () => stage.kubectl.try(['explain', 'edgemodels.spec.addedLater']),
      ({ code }) => code === 0,
    );
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect({ pods: await uids(), rollout: (await stage.site.rollout(NAME)).status }).toEqual(before);

    // A field that this operator does not know yet is kept and disturbs nothing.
    await stage.kubectl.run(['patch', `em/${NAME}`, '--type=merge', '-p', '{"spec":{"addedLater":"x"}}']);
    await eventually(
      'its generation is observed',
      () => stage.site.model(NAME),
      ({ metadata, status }) => status?.observedGeneration === metadata.generation,
    );
    expect(await uids()).toEqual(before.pods);
    expect((await stage.site.model(NAME)).spec).toMatchObject({ addedLater: 'x' });

    const { candidate } = (await stage.site.rollout(NAME)).status ?? {};
    await stage.kubectl.run(['annotate', `er/${NAME}`, `outrigger.dev/approve=${candidate?.revision}.1/all`]);
    await stage.kubectl.run(['wait', '--for=condition=Ready', `em/${NAME}`, '--timeout=90s']);
    await installCrds(real().call);
    await stage.kubectl.apply([smallModel(NAME, { version: '1.2.0' })]);
    await stage.site.untilPhase('AwaitingApproval', NAME);
  });

  it('deleted by mistake they take every model and its pods with them, but for deletionPolicy Orphan, and can be put back', async () => {
    const orphan = 'orphaned';
    await stage.kubectl.apply([smallModel(orphan, { spec: { deletionPolicy: 'Orphan' } })]);
    await stage.kubectl.run(['wait', '--for=condition=Ready', `em/${orphan}`, '--timeout=90s']);
    const kept = async (): Promise<number> =>
      (await stage.site.pods(orphan)).filter(({ ready, deleting }) => ready && !deleting).length;
    expect(await kept()).toBe(NODES);
    const names = CUSTOM_RESOURCES.map(
      (resource) => `crd/${customResourceDefinition(resource).metadata.name}`,
    );
    // What other files left behind has no operator any more, and would hold the CRDs up.
    await releaseOthers();
    await stage.kubectl.run(['delete', ...names, '--timeout=60s']);
    await eventually(
      'the garbage collector has taken its pods',
      uids,
      (found) => found.length === 0,
      120_000,
    );
    expect(await kept()).toBe(NODES);

    await installCrds(real().call);
    await stage.kubectl.apply([quickRollout(NAME), smallModel(NAME, { version: '1.2.0' })]);
    await stage.kubectl.run(['wait', '--for=condition=Ready', `em/${NAME}`, '--timeout=120s']);
    expect(await stage.site.versions(NAME)).toEqual({ '1.2.0': NODES });
    expect(await kept()).toBe(NODES);
  }, 300_000);
});
