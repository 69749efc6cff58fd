import { beforeAll, expect, it } from 'vitest';
import { LABEL } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { condition } from '../operator/harness.ts';
import { eventually } from '../operator/real-cluster.ts';
import { RealStage } from '../operator/real-stage.ts';
import { describeReal } from '../setup/describe-real.ts';
import { quickRollout, smallModel } from './manifests.ts';

// Of six, one may be away: minReachable is 80%.
const NODES = 6;

describeReal('deletions and the real garbage collector', (real) => {
  const stage = new RealStage(real, NODES);

  beforeAll(async () => {
    // The garbage collector learns of a new kind within half a minute; before that it does nothing of what is tested here.
    await stage.kubectl.apply([smallModel('probe', { spec: { nodeSelector: { 'site-type': 'moon' } } })]);
    await stage.kubectl.run(['delete', 'em/probe', '--cascade=foreground', '--timeout=90s']);
  });

  /** Of the node's kubelet, as the fleet's own faults; pods there can neither start nor end. */
  async function node(name: string, fault: 'cut-off' | 'reconnect'): Promise<void> {
    const reply = await fetch(`http://127.0.0.1:${real().fleetPort}/nodes/${name}/${fault}`, {
      method: 'POST',
    });
    if (!reply.ok) throw new Error(`${name} ${fault}: ${await reply.text()}`);
  }

  async function installed(name: string, spec: Parameters<typeof smallModel>[1] = {}): Promise<void> {
    await stage.kubectl.apply([quickRollout(name), smallModel(name, spec)]);
    await stage.kubectl.run(['wait', '--for=condition=Ready', `em/${name}`, '--timeout=90s']);
    await eventually(
      'all serve',
      () => stage.site.versions(name),
      (versions) => versions['1.0.0'] === NODES,
    );
  }

  const CONFIG = {
    config: { 'labels.txt': 'ok\nscratch\n' },
    service: { port: 80, targetPort: 'http' },
  } as const;

  /** Everything of the model that its pods live on, by kind and name; with its controller's kind. */
  async function parts(name: string): Promise<Readonly<Record<string, string>>> {
    const list = JSON.parse(
      await stage.kubectl.run([
        'get',
        'configmaps,services,controllerrevisions',
        '-l',
        `${LABEL.model}=${name}`,
        '-o',
        'json',
      ]),
    ) as { readonly items: readonly (KubeObject & { readonly kind: string })[] };
    return Object.fromEntries(
      list.items.map(({ kind, metadata }) => [
        kind,
        (metadata.ownerReferences ?? []).map((owner) => owner.kind).join(),
      ]),
    );
  }

  it.each(['background', 'foreground'])(
    'deletionPolicy Orphan, --cascade=%s: pods and what they live on stay, and serve',
    async (cascade) => {
      const name = `orphan-${cascade}`;
      await installed(name, { spec: { ...CONFIG, deletionPolicy: 'Orphan' } });
      const uids = async () =>
        (await stage.site.pods(name))
          .filter(({ ready, deleting }) => ready && !deleting)
          .map(({ uid }) => uid)
          .toSorted();
      const before = await uids();
      await stage.kubectl.run(['delete', `em/${name}`, `--cascade=${cascade}`, '--timeout=60s']);
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      expect(await uids()).toEqual(before);
      expect(await parts(name)).toEqual({ ConfigMap: '', Service: '' });
      await eventually(
        'the rollout knows',
        async () => condition((await stage.site.rollout(name)).status?.conditions, 'Ready')?.reason,
        (reason) => reason === 'ModelNotFound',
      );
    },
  );

  it('a foreground deletion is not held up by a pod on a node that is away', async () => {
    const name = 'foreground';
    await installed(name);
    const away = (await stage.site.pods(name))[0]?.node ?? '';
    await node(away, 'cut-off');
    await stage.kubectl.run(['wait', '--for=condition=Ready=Unknown', `node/${away}`, '--timeout=90s']);
    await stage.kubectl.run(['delete', `em/${name}`, '--cascade=foreground', '--timeout=30s']);
    const left = await eventually(
      'only the pod that nobody can end is left',
      () => stage.site.pods(name),
      (pods) => pods.length === 1,
    );
    expect(left).toMatchObject([{ node: away, deleting: true }]);
    // Made again at once: the pod that is on its way out holds nothing up.
    await stage.kubectl.apply([smallModel(name, { version: '2.0.0' })]);
    await stage.kubectl.run(['wait', '--for=condition=Ready', `em/${name}`, '--timeout=90s']);
    await node(away, 'reconnect');
    await eventually(
      'the node that was away serves the new one',
      () => stage.site.versions(name),
      (versions) => versions['2.0.0'] === NODES,
      120_000,
    );
  });

  it('a model that is deleted and made again at once starts afresh', async () => {
    const name = 'again';
    await installed(name, { spec: CONFIG });
    const former = new Set((await stage.site.pods(name)).map(({ uid }) => uid));
    await stage.kubectl.run(['delete', `em/${name}`, '--cascade=background', '--wait=false']);
    await stage.kubectl.apply([smallModel(name, { spec: CONFIG })]);
    await stage.kubectl.run(['wait', '--for=condition=Ready', `em/${name}`, '--timeout=90s']);
    await eventually(
      'all nodes serve it',
      () => stage.site.pods(name),
      (pods) => pods.length === NODES && pods.every(({ ready, uid }) => ready && !former.has(uid)),
    );
    expect(await parts(name)).toEqual({
      ConfigMap: 'EdgeModel',
      Service: 'EdgeModel',
      ControllerRevision: 'EdgeModel',
    });
  });
});
