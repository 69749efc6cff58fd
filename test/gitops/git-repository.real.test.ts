import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { DECISION } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { condition } from '../operator/harness.ts';
import { eventually } from '../operator/real-cluster.ts';
import { RealStage } from '../operator/real-stage.ts';
import { describeReal } from '../setup/describe-real.ts';
import { ArgoApplication, DIFF_MODES } from './argocd-application.ts';
import { AWAITING_WAVES, quickRollout, smallModel } from './manifests.ts';

const NODES = 4;

const pair = (name: string, version: string): readonly KubeObject[] => [
  smallModel(name, { version }),
  quickRollout(name, { waves: AWAITING_WAVES }),
];

describeReal("a repository that Argo CD's engine syncs, and the operator at work", (real) => {
  const stage = new RealStage(real, NODES);
  let app: ArgoApplication;

  beforeAll(async () => {
    // The garbage collector learns of a new kind within half a minute.
    await stage.kubectl.apply([smallModel('probe', { spec: { nodeSelector: { 'site-type': 'moon' } } })]);
    await stage.kubectl.run(['delete', 'em/probe', '--cascade=foreground', '--timeout=90s']);
  });

  beforeEach(async () => {
    // Tracking by label, as it was the default before Argo CD 3, finds the most objects.
    app = await ArgoApplication.create(
      real(),
      stage.site.namespace,
      '--app',
      'line-3',
      '--tracking',
      'label',
      '--watch',
      '/Pod',
    );
  });

  afterEach(async () => {
    await app.push([]);
    await app.sync('--prune');
    await app.remove();
  });

  async function sync(manifests: readonly KubeObject[], ...flags: readonly string[]): Promise<void> {
    await app.push(manifests);
    const { phase, message } = await app.sync(...flags);
    expect([phase, message]).toEqual(['Succeeded', expect.anything()]);
  }

  const ready = (name: string): Promise<string> =>
    stage.kubectl.run(['wait', '--for=condition=Ready', `em/${name}`, '--timeout=90s']);

  const serving = async (name: string): Promise<readonly string[]> =>
    (await stage.site.pods(name))
      .filter(({ deleting, role }) => !deleting && role === 'serve')
      .map(({ uid }) => uid)
      .toSorted();

  async function noDrift(): Promise<void> {
    for (const mode of DIFF_MODES) expect([mode, await app.outOfSync('--mode', mode)]).toEqual([mode, []]);
  }

  it('is in sync all through a rollout, an approval, a self-heal and a revert', async () => {
    const name = 'line-3';
    await sync(pair(name, '1.0.0'));
    await ready(name);
    await noDrift();

    await sync(pair(name, '1.1.0'));
    await stage.site.untilPhase('AwaitingApproval', name);
    await eventually(
      'one pod a node',
      () => serving(name),
      (found) => found.length === NODES,
    );
    const before = { pods: await serving(name), status: (await stage.site.rollout(name)).status };
    for (let again = 0; again < 3; again++) await sync(pair(name, '1.1.0'));
    expect({ pods: await serving(name), status: (await stage.site.rollout(name)).status }).toEqual(before);

    const { candidate } = before.status ?? {};
    await stage.kubectl.run(['annotate', `er/${name}`, `${DECISION.approve}=${candidate?.revision}.1/all`]);
    await sync(pair(name, '1.1.0'), '--prune');
    await noDrift();
    await ready(name);
    expect((await stage.site.rollout(name)).metadata.annotations?.[DECISION.approve]).toBe(
      `${candidate?.revision}.1/all`,
    );

    await sync(pair(name, '1.0.0'));
    await ready(name);
    // Promoted before: without waves, and nobody is asked.
    const versions = await eventually(
      'all are back',
      () => stage.site.versions(name),
      (found) => found['1.1.0'] === undefined,
    );
    expect(versions).toEqual({ '1.0.0': NODES });
    await noDrift();
  });

  it('that loses the model in mid-wave takes its pods, and one that brings it back starts afresh', async () => {
    const name = 'line-4';
    await sync(pair(name, '1.0.0'));
    await ready(name);
    await sync(pair(name, '1.1.0'));
    await stage.site.untilPhase('AwaitingApproval', name);
    await sync(pair(name, '1.1.0').slice(1), '--prune');
    await eventually(
      'its pods are gone',
      () => stage.site.pods(name),
      (found) => found.length === 0,
    );
    const { status } = await eventually(
      'the rollout says why it waits',
      () => stage.site.rollout(name),
      (found) => condition(found.status?.conditions, 'Ready')?.reason === 'ModelNotFound',
    );
    expect(status?.candidate).toBeUndefined();
    await sync(pair(name, '1.1.0'), '--prune');
    await ready(name);
    expect((await stage.site.rollout(name)).status?.candidate).toBeUndefined();
    const versions = await eventually(
      'all serve',
      () => stage.site.versions(name),
      (found) => found['1.1.0'] === NODES,
    );
    expect(versions).toEqual({ '1.1.0': NODES });
  });

  it('that loses the rollout in mid-wave freezes every node, and one that brings it back goes on', async () => {
    const name = 'line-5';
    await sync(pair(name, '1.0.0'));
    await ready(name);
    await sync(pair(name, '1.1.0'));
    await stage.site.untilPhase('AwaitingApproval', name);
    await eventually(
      'one pod a node',
      () => serving(name),
      (found) => found.length === NODES,
    );
    const before = await serving(name);
    await sync(pair(name, '1.1.0').slice(0, 1), '--prune');
    await stage.site.untilCondition('EdgeModel', name, 'Ready', 'NoRollout');
    await sync(pair(name, '1.1.0'), '--prune');
    await stage.site.untilPhase('AwaitingApproval', name);
    expect(await serving(name)).toEqual(before);
    expect((await stage.site.rollout(name)).status).toMatchObject({
      candidate: { attempt: 1 },
      wave: { name: 'canary' },
    });
  });

  it('with deletionPolicy Orphan loses nothing when it loses the model, whose pods are no concern of it', async () => {
    const name = 'line-3';
    const manifests = [smallModel(name, { spec: { deletionPolicy: 'Orphan' } }), quickRollout(name)];
    await sync(manifests);
    await ready(name);
    await eventually(
      'all serve',
      () => stage.site.versions(name),
      (found) => found['1.0.0'] === NODES,
    );
    const before = await serving(name);
    // The pods carry app.kubernetes.io/instance=line-3, which is how this Application tracks its own.
    await noDrift();
    await sync([], '--prune');
    await eventually(
      'the model is gone',
      () => stage.kubectl.try(['get', `em/${name}`]),
      ({ code }) => code !== 0,
    );
    await sync([], '--prune');
    expect(await serving(name)).toEqual(before);
    const node = (await stage.site.pods(name))[0]?.node ?? '';
    // Neither are they in the way of a drain.
    await stage.kubectl.run([
      'drain',
      node,
      '--dry-run=server',
      '--ignore-daemonsets',
      '--delete-emptydir-data',
    ]);

    await sync(manifests);
    const { message } = await stage.site.untilCondition('EdgeModel', name, 'Stalled', 'StableUnknown');
    expect(await serving(name)).toEqual(before);
    // As the message says.
    const command = /kubectl (delete pods .*?);/.exec(message)?.[1]?.split(' ') ?? [];
    await stage.kubectl.run([...command, '--wait=false']);
    await ready(name);
    expect(await serving(name)).not.toEqual(before);
  });
});
