import { expect, it } from 'vitest';
import { DECISION } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { installCrds } from '../api/install-crds.ts';
import { rollout } from '../operator/manifests.ts';
import { eventually } from '../operator/real-cluster.ts';
import { type ApiReply, describeReal } from '../setup/describe-real.ts';
import { accessObjects, grant, install, uninstall } from './access-objects.ts';
import { DecisionStage, OLD, rolloutsRule } from './decision-stage.ts';
import { Person } from './person.ts';

const deletion = (propagationPolicy: string): object => ({
  apiVersion: 'v1',
  kind: 'DeleteOptions',
  propagationPolicy,
});

describeReal('the cluster itself, under the admission policy for decisions', (real) => {
  const stage = new DecisionStage(real);

  it('writes status as before, and through status nothing else', async () => {
    const name = await stage.existing();
    await stage.grant('operator', [
      { apiGroups: ['outrigger.dev'], resources: ['edgerollouts/status'], verbs: ['update', 'patch'] },
    ]);
    const body = {
      metadata: { annotations: { [DECISION.promote]: OLD }, labels: { a: 'b' } },
      spec: { paused: true },
      status: { message: 'written by the operator' },
    };
    await eventually(
      'the right is known',
      () => stage.person('operator').patch(`${stage.path(name)}/status`, body),
      ({ status }) => status === 200,
    );
    const object = await stage.stored(name);
    expect(object).toMatchObject({ status: { message: 'written by the operator' } });
    expect(object).not.toHaveProperty('spec.paused');
    expect(object.metadata).not.toHaveProperty('labels');
    expect(object.metadata).not.toHaveProperty('annotations');
  });

  const configMaps = (): string => `/api/v1/namespaces/${stage.namespace}/configmaps`;

  it('deletes in the foreground: the garbage collector takes its finalizer off', async () => {
    const name = await stage.existing({ [DECISION.approve]: OLD });
    const { apiVersion, kind, metadata } = await stage.stored(name);
    const ownerReferences = [{ apiVersion, kind, name, uid: metadata.uid, blockOwnerDeletion: true }];
    const dependent = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'dependent', ownerReferences },
    };
    expect(await real().call('POST', configMaps(), dependent)).toMatchObject({ status: 201 });
    expect(await stage.person('author').delete(stage.path(name), deletion('Foreground'))).toMatchObject({
      status: 200,
      body: { metadata: { finalizers: ['foregroundDeletion'] } },
    });
    await eventually(
      'the rollout is gone',
      async () => (await real().call('GET', stage.path(name))).status,
      (status) => status === 404,
    );
    expect(await real().call('GET', `${configMaps()}/dependent`)).toMatchObject({ status: 404 });
  });

  it('deletes and orphans: the garbage collector takes the owner off a rollout', async () => {
    const owner = await real().call('POST', configMaps(), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'owner' },
    });
    const { metadata } = owner.body as unknown as KubeObject;
    const object = stage.manifest('orphan', { [DECISION.approve]: OLD });
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: metadata.uid }];
    const made = { ...object, metadata: { ...object.metadata, ownerReferences } };
    expect(await real().call('POST', stage.collection, made)).toMatchObject({ status: 201 });
    await real().call('DELETE', `${configMaps()}/owner`, deletion('Orphan'));
    const orphan = await eventually(
      'the rollout has no owner',
      () => stage.stored('orphan'),
      (found) => found.metadata.ownerReferences === undefined,
    );
    expect(orphan.metadata.annotations).toEqual({ [DECISION.approve]: OLD });
  });

  it('deletes a namespace with its rollouts', async () => {
    const other = await real().namespace();
    const at = `/apis/outrigger.dev/v1alpha1/namespaces/${other}/edgerollouts`;
    const object = stage.manifest('last', { [DECISION.approve]: OLD });
    const made = await real().call('POST', at, {
      ...object,
      metadata: { ...object.metadata, namespace: other },
    });
    expect(made).toMatchObject({ status: 201 });
    await real().call('DELETE', `/api/v1/namespaces/${other}`);
    await eventually(
      'the namespace is gone',
      async () => (await real().call('GET', `/api/v1/namespaces/${other}`)).status,
      (status) => status === 404,
    );
  });
});

describeReal('the admission policy of a release that works on one namespace', (real) => {
  it('says nothing about rollouts of other namespaces', async () => {
    await installCrds(real().call);
    const [own, other] = [await real().namespace(), await real().namespace()];
    const objects = await accessObjects(own, { scope: 'Namespace' });
    await install(real(), objects);
    try {
      let tries = 0;
      const approve = async (namespace: string): Promise<ApiReply> => {
        tries += 1;
        const at = `/apis/outrigger.dev/v1alpha1/namespaces/${namespace}/edgerollouts`;
        const object = rollout({}, 'tried');
        await real().call('POST', at, { ...object, metadata: { name: 'tried', namespace } });
        return new Person(real(), 'author').patch(`${at}/tried`, {
          metadata: { annotations: { [DECISION.approve]: String(tries) } },
        });
      };
      for (const namespace of [own, other])
        await grant(real(), namespace, 'author', [rolloutsRule(['patch', 'update'])]);
      const refused = await eventually(
        'the policy refuses in its own namespace',
        () => approve(own),
        ({ body }) => String(body['message']).includes('ValidatingAdmissionPolicy'),
      );
      expect(refused.body['message']).toContain(`'outrigger-${own}-decisions'`);
      // A refusal by RBAC ends when the right is known; one by a policy would not.
      await eventually(
        'the decision is taken in the other namespace',
        () => approve(other),
        ({ status }) => status === 200,
      );
    } finally {
      await uninstall(real(), objects);
    }
  });
});
