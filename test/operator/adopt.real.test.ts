import { expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object-meta.ts';
import type { Pod } from '../../src/sim/fleet/pod.ts';
import { describeReal } from '../setup/describe-real.ts';
import { model, rollout } from './manifests.ts';
import { eventually } from './real-cluster.ts';
import { RealStage } from './real-stage.ts';

const NODES = 6;
const LABELS = { app: 'defect', 'app.kubernetes.io/version': '0.9.0' };

/** What a team ran before: a service of its own selects it by `app`. */
const DAEMON_SET = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'defect' },
  spec: {
    selector: { matchLabels: { app: 'defect' } },
    template: {
      metadata: { labels: LABELS },
      spec: {
        nodeSelector: { 'site-type': 'factory' },
        containers: [
          {
            name: 'server',
            image: 'registry.example/onnx-server:0.9',
            ports: [{ containerPort: 8080 }],
            resources: { requests: { cpu: '50m', memory: '64Mi' } },
          },
        ],
      },
    },
  },
} as KubeObject;

const ADOPT = { spec: { adopt: { selector: { app: 'defect' } } } };

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}

describeReal('adopting what a real DaemonSet runs', (real) => {
  const stage = new RealStage(real, NODES);

  const pods = async (): Promise<readonly Pod[]> => {
    const path = `/api/v1/namespaces/${stage.site.namespace}/pods?labelSelector=app%3Ddefect`;
    return (await real().call('GET', path)).body['items'] as readonly Pod[];
  };
  /** Another process, or another pod, is told by any of these. */
  const processes = async (): Promise<readonly unknown[]> =>
    (await pods())
      .map(({ metadata, spec, status }) => ({
        node: spec.nodeName ?? '',
        name: metadata.name,
        uid: metadata.uid,
        ready: status?.conditions?.find(({ type }) => type === 'Ready'),
        containers: status?.containerStatuses?.map(({ containerID, restartCount, state }) => ({
          containerID,
          restartCount,
          state,
        })),
      }))
      .toSorted((a, b) => (a.node < b.node ? -1 : 1));

  it('restarts nothing, then tries the spec in waves and promotes it', async () => {
    await stage.kubectl.apply([DAEMON_SET]);
    await eventually('the DaemonSet serves', pods, (all) => all.length === NODES && all.every(isReady));
    const before = await processes();
    /** Watched from outside until all is taken over: every pod of then is there, and ready. */
    const trouble: string[] = [];
    const over = new AbortController();
    const watch = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const now = JSON.stringify(await processes());
        if (now !== JSON.stringify(before)) trouble.push(now);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    };
    const watched = watch();

    await stage.site.apply(rollout({ paused: true }));
    await stage.site.apply(model(ADOPT));
    const held = await stage.site.untilCondition('EdgeModel', 'defect-detector', 'Ready', 'AdoptOwned');
    const command = 'delete daemonset defect';
    expect(held.message).toContain(`kubectl ${command} --namespace ${stage.site.namespace} --cascade=orphan`);

    await stage.kubectl.run([...command.split(' '), '--cascade=orphan']);
    await eventually(
      'all pods are taken over',
      () => stage.site.versions(),
      (versions) => versions['0.9.0'] === NODES,
      120_000,
    );
    await stage.site.untilCondition('EdgeModel', 'defect-detector', 'Ready', 'Paused');
    // Long enough for a pod that should not be there to come, and for the DaemonSet controller to look once more.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    over.abort();
    await watched;
    expect(trouble).toEqual([]);
    expect(await processes()).toEqual(before);
    const taken = await pods();
    expect(taken.map(({ metadata }) => metadata.ownerReferences?.map(({ kind }) => kind))).toEqual(
      Array.from({ length: NODES }, () => ['EdgeModel']),
    );
    expect((await stage.site.rollout()).status?.stable?.version).toBe('0.9.0');
    expect(await stage.site.pods()).toHaveLength(NODES);

    await stage.site.apply(rollout());
    await stage.site.untilReady('1.0.0');
    expect(await stage.site.versions()).toEqual({ '1.0.0': NODES });
    await eventually('no old pod is left', pods, (all) => all.length === 0);
    const reasons = (await stage.site.events()).map(({ reason }) => reason);
    expect(reasons).toEqual(
      expect.arrayContaining(['AdoptOwned', 'Adopted', 'WaveStarted', 'WavePassed', 'Promoted']),
    );
  }, 400_000);

  it('goes back to what the DaemonSet ran, by a pod of our own that the API server takes', async () => {
    const name = 'second';
    const set = JSON.parse(
      JSON.stringify({ ...DAEMON_SET, metadata: { name } }).replaceAll('"defect"', '"second"'),
    ) as KubeObject;
    await stage.kubectl.apply([set]);
    const mine = async () => {
      const path = `/api/v1/namespaces/${stage.site.namespace}/pods?labelSelector=app%3Dsecond`;
      return (await real().call('GET', path)).body['items'] as readonly Pod[];
    };
    await eventually('it serves', mine, (all) => all.length === NODES && all.every(isReady));
    await stage.kubectl.run(['delete', 'daemonset', name, '--cascade=orphan']);
    const spec = { adopt: { selector: { app: name } }, updateStrategy: 'Replace' } as const;
    await stage.site.apply({
      ...rollout({}, name),
      spec: { ...rollout({}, name).spec, limits: { minFailedNodes: 1, progressDeadline: '20s' } },
    });
    await stage.site.apply(model({ name, version: '2.0.0', acts: { 'crash-after': '1s' }, spec }));
    await stage.site.untilPhase('RolledBack', name, 200_000);
    const all = await eventually(
      'all serve again',
      mine,
      (found) => found.length === NODES && found.every(isReady),
      120_000,
    );
    const made = all.filter(({ metadata }) => /^second-[a-z2-7]{16}$/.test(metadata.name));
    expect(made.length).toBeGreaterThan(0);
    expect(made[0]?.spec.containers).toMatchObject([
      { name: 'server', image: 'registry.example/onnx-server:0.9' },
    ]);
  }, 400_000);

  it('gives them back to the DaemonSet by the commands of docs/adopt.md, and no pod is restarted either', async () => {
    const name = 'third';
    const named = (manifest: KubeObject) =>
      JSON.parse(JSON.stringify(manifest).replaceAll('"defect"', `"${name}"`)) as KubeObject;
    const mine = async () => {
      const path = `/api/v1/namespaces/${stage.site.namespace}/pods?labelSelector=app%3D${name}`;
      return (await real().call('GET', path)).body['items'] as readonly Pod[];
    };
    const known = async () =>
      (await mine()).map(({ metadata, status }) => [metadata.uid, status?.containerStatuses]);
    await stage.kubectl.apply([named(DAEMON_SET)]);
    await eventually('it serves', mine, (all) => all.length === NODES && all.every(isReady));
    const before = await known();
    await stage.kubectl.run(['delete', 'daemonset', name, '--cascade=orphan']);
    await stage.site.apply(rollout({ paused: true }, name));
    await stage.site.apply(model({ name, spec: { adopt: { selector: { app: name } } } }));
    await stage.site.untilCondition('EdgeModel', name, 'Ready', 'Paused');
    expect(await stage.site.versions(name)).toEqual({ '0.9.0': NODES });

    const ours = ['-l', `outrigger.dev/model=${name}`];
    await stage.kubectl.run(['delete', 'edgerollout', name]);
    await stage.kubectl.run(['delete', 'edgemodel', name, '--cascade=orphan']);
    await stage.kubectl.run(['label', 'pods', ...ours, 'outrigger.dev/model-']);
    await stage.kubectl.run(['delete', 'controllerrevisions', ...ours]);
    await stage.kubectl.apply([named(DAEMON_SET)]);
    await stage.kubectl.run(['rollout', 'status', `daemonset/${name}`, '--timeout=60s']);
    // Long enough for a pod of its own to come, where it took none of these for up to date.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(await known()).toEqual(before);
    const owners = (await mine()).map(({ metadata }) => metadata.ownerReferences?.map(({ kind }) => kind));
    expect(owners).toEqual(Array.from({ length: NODES }, () => ['DaemonSet']));
  }, 400_000);
});
