import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { DECISION } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { installCrds } from '../api/install-crds.ts';
import { model, NAME, rollout } from '../operator/manifests.ts';
import { eventually } from '../operator/real-cluster.ts';
import { describeReal } from '../setup/describe-real.ts';
import { ArgoApplication, DIFF_MODES } from './argocd-application.ts';
import { actionsOf, patchOf } from './argocd-lua.ts';

describeReal("Argo CD's engine and what Git does not declare", (real) => {
  let namespace = '';
  let app: ArgoApplication;

  beforeAll(async () => {
    await installCrds(real().call);
  });

  beforeEach(async () => {
    namespace = await real().namespace();
    app = await ArgoApplication.create(real(), namespace);
  });

  afterEach(() => app.remove());

  const path = (kind: 'edgemodels' | 'edgerollouts', subresource = ''): string =>
    `/apis/outrigger.dev/v1alpha1/namespaces/${namespace}/${kind}/${NAME}${subresource}`;

  async function live(kind: 'edgemodels' | 'edgerollouts'): Promise<KubeObject & { readonly spec: object }> {
    return (await real().call('GET', path(kind))).body as never;
  }

  async function patch(where: string, body: object): Promise<void> {
    const { status, body: said } = await real().call('PATCH', where, body, 'application/merge-patch+json');
    expect({ status, said }).toMatchObject({ status: 200 });
  }

  /** As the operator would write it of a rollout that waits for a person. */
  const waiting = (kind: string) => ({
    status: {
      observedGeneration: 1,
      phase: 'AwaitingApproval',
      ...(kind === 'edgerollouts' && {
        candidate: { revision: 'abc', attempt: 1, version: '1.1.0', startedAt: '2026-01-01T00:00:00Z' },
        approval: 'abc.1/half',
      }),
      conditions: [condition('Ready', 'False', 'ApprovalRequired')],
    },
  });

  const rejected = {
    status: {
      observedGeneration: 1,
      phase: 'RolledBack',
      conditions: [condition('Ready', 'False', 'Crashing'), condition('Stalled', 'True', 'Crashing')],
    },
  };

  describe.each([['client-side apply'], ['server-side apply', '--server-side']])('with %s', (_, ...flags) => {
    it('a status and a decision are no drift, and a self-heal takes neither away', async () => {
      await app.push([model(), rollout()]);
      expect(await app.sync(...flags)).toMatchObject({ phase: 'Succeeded' });
      await patch(path('edgemodels', '/status'), waiting('edgemodels'));
      await patch(path('edgerollouts', '/status'), waiting('edgerollouts'));
      const before = await live('edgerollouts');
      expect(await actionsOf([before])).toEqual([['abort', 'approve']]);
      await patch(path('edgerollouts'), await patchOf(before, 'approve'));
      for (const mode of DIFF_MODES) expect([mode, await app.outOfSync('--mode', mode)]).toEqual([mode, []]);

      expect(await app.sync('--prune', ...flags)).toMatchObject({ phase: 'Succeeded' });
      const after = await live('edgerollouts');
      expect(after.metadata.annotations?.[DECISION.approve]).toBe('abc.1/half');
      expect(after.metadata.generation).toBe(1);
      expect(after).toMatchObject(waiting('edgerollouts'));
    });

    it('a field that Git declares is brought back, one that it does not declare stays', async () => {
      const waves = [{ name: 'all', nodes: '100%' }] as const;
      await app.push([model(), rollout({ waves: [...waves] })]);
      await app.sync(...flags);
      await patch(path('edgerollouts'), { spec: { paused: true } });
      for (const mode of DIFF_MODES) expect([mode, await app.outOfSync('--mode', mode)]).toEqual([mode, []]);
      await patch(path('edgerollouts'), { spec: { limits: { maxUnavailable: '50%' } } });
      for (const mode of DIFF_MODES)
        expect([mode, await app.outOfSync('--mode', mode)]).toEqual([mode, [`EdgeRollout/${NAME} Modified`]]);
      await app.sync(...flags);
      expect((await live('edgerollouts')).spec).toMatchObject({
        paused: true,
        limits: { maxUnavailable: '34%' },
      });
      await app.push([model(), rollout({ waves: [...waves], paused: false })]);
      expect(await app.outOfSync()).toEqual([`EdgeRollout/${NAME} Modified`]);
      await app.sync(...flags);
      expect((await live('edgerollouts')).spec).toMatchObject({ paused: false });
    });

    it('what leaves Git is extra, and goes only with prune', async () => {
      await app.push([model(), rollout()]);
      await app.sync(...flags);
      await app.push([model()]);
      expect(await app.outOfSync()).toEqual([`EdgeRollout/${NAME} Extra`]);
      await app.sync(...flags);
      expect((await real().call('GET', path('edgerollouts'))).status).toBe(200);
      const pruned = await app.sync('--prune', ...flags);
      expect(pruned.resources.map(({ kind, status }) => [kind, status])).toContainEqual([
        'EdgeRollout',
        'Pruned',
      ]);
      // In the foreground, so the garbage collector has the last word.
      await eventually(
        'it is gone',
        async () => (await real().call('GET', path('edgerollouts'))).status,
        (status) => status === 404,
      );
    });
  });

  describe('sync waves', () => {
    it('are waited for by health: what comes after a model comes when the model is promoted', async () => {
      await app.push([wave(model(), '0'), wave(rollout(), '1')]);
      expect(await app.sync('--timeout', '5s')).toMatchObject({ phase: 'Running' });
      expect((await real().call('GET', path('edgerollouts'))).status).toBe(404);
      // The pair without waves does not wait.
      await app.push([model(), rollout()]);
      expect(await app.sync()).toMatchObject({ phase: 'Succeeded' });
      expect((await real().call('GET', path('edgerollouts'))).status).toBe(200);
    });

    it('without them, a rejected version is synced again without an error', async () => {
      await app.push([model(), rollout()]);
      await app.sync();
      await patch(path('edgemodels', '/status'), rejected);
      await patch(path('edgerollouts', '/status'), rejected);
      expect(await app.sync()).toMatchObject({ phase: 'Succeeded' });
    });
  });

  it.each([
    ['annotation', []],
    ['label', ['Pod/orphaned Extra']],
  ])(
    "a model's pods are not taken for the Application's, but orphans are where it tracks by label: %s",
    async (tracking, extra) => {
      const flags = ['--app', NAME, '--tracking', tracking, '--watch', '/Pod'];
      const named = await ArgoApplication.create(real(), namespace, ...flags);
      await named.push([model(), rollout()]);
      await named.sync();
      const { uid } = (await live('edgemodels')).metadata;
      const owner = { apiVersion: 'outrigger.dev/v1alpha1', kind: 'EdgeModel', name: NAME, uid };
      await makePod('owned', [{ ...owner, controller: true }]);
      await makePod('orphaned', []);
      expect(await named.outOfSync()).toEqual(extra);
      await named.remove();
    },
  );

  /** With the labels that Outrigger gives a pod of the model. */
  async function makePod(name: string, ownerReferences: readonly object[]): Promise<void> {
    const labels = { 'app.kubernetes.io/name': NAME, 'app.kubernetes.io/instance': NAME };
    const spec = { containers: [{ name: 'model', image: 'registry.example/server:1' }] };
    const pod = { metadata: { name, labels, ownerReferences }, spec };
    const { status, body } = await real().call('POST', `/api/v1/namespaces/${namespace}/pods`, pod);
    expect({ status, body }).toMatchObject({ status: 201 });
  }
});

function condition(type: string, status: string, reason: string) {
  return { type, status, reason, message: reason, lastTransitionTime: '2026-01-01T00:00:00Z' };
}

const wave = (manifest: KubeObject, number: string): KubeObject => ({
  ...manifest,
  metadata: { ...manifest.metadata, annotations: { 'argocd.argoproj.io/sync-wave': number } },
});
