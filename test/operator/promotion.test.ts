import { afterEach, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import { condition, type Lab, NAMESPACE, startLab } from './harness.ts';
import { model, NAME, quickstart, rollout } from './manifests.ts';

let lab: Lab;

afterEach(() => lab.stop());

it('a first revision goes to every node at once', async () => {
  lab = await startLab();
  await lab.apply(rollout());
  await lab.apply(model());
  await lab.untilReady('1.0.0');

  expect(await lab.versions()).toEqual({ '1.0.0': 12 });
  const { status } = await lab.model();
  expect(status).toMatchObject({
    version: '1.0.0',
    nodes: { eligible: 12, ready: 12, offline: 0, lagging: 0, incompatible: 0 },
    variants: [
      { name: 'orin', nodes: 6, ready: 6 },
      { name: 'cpu', nodes: 6, ready: 6 },
    ],
  });
  expect((await lab.rollout()).status).toMatchObject({ phase: 'Promoted', stable: { version: '1.0.0' } });
});

it('the quick start: a healthy version is promoted through its waves, a bad one is rolled back', async () => {
  lab = await startLab({ nodes: edgeNodes(30) });
  await lab.apply(quickstart('01-model'));
  await lab.apply(quickstart('02-rollout'));
  await lab.untilReady('2.4.0');
  await lab.apply(quickstart('03-healthy'));
  await lab.untilReady('2.4.1');

  expect(await lab.versions()).toEqual({ '2.4.1': 30 });
  const story = lab.timeline.join('\n');
  expect(story).toMatch(/Soaking 2\.4\.1\.1 canary 9\/30/);
  expect(story).toMatch(/Soaking 2\.4\.1\.1 half 15\/30/);
  expect(await reasons()).toEqual(
    expect.arrayContaining(['CandidateStarted', 'WaveStarted', 'SoakStarted', 'WavePassed', 'Promoted']),
  );

  await lab.apply(quickstart('04-bad'));
  await lab.untilPhase('RolledBack');
  await lab.until('all serve again', async () => (await lab.versions())['2.4.1'] === 30, 30);
  const { status } = await lab.rollout();
  expect(status).toMatchObject({ verdict: 'Fail', rejected: [{ version: '2.5.0', attempt: 1 }] });
  expect(status?.message).toContain('outrigger.dev/retry=');
  expect(condition((await lab.model()).status?.conditions, 'Stalled')?.status).toBe('True');
  const code = condition(status?.conditions, 'Ready')?.reason ?? '';
  const told = (await lab.events()).filter(({ reason, type }) => reason === code && type === 'Warning');
  expect(told.map(({ about }) => about).toSorted()).toEqual(['EdgeModel', 'EdgeRollout']);
});

it('without a rollout a second revision holds, and moves on when one comes', async () => {
  lab = await startLab();
  await lab.apply(model());
  await lab.untilReady('1.0.0');
  await lab.apply(model({ version: '1.1.0' }));
  await lab.until('NoRollout', async () => (await lab.model()).status?.phase === 'NoRollout');
  await lab.run(120);
  expect(await lab.versions()).toEqual({ '1.0.0': 12 });
  const ready = condition((await lab.model()).status?.conditions, 'Ready');
  expect(ready).toMatchObject({ status: 'False', reason: 'NoRollout' });
  expect(await reasons()).toContain('NoRollout');

  await lab.apply(rollout());
  await lab.untilReady('1.1.0');
  expect(lab.timeline.join('\n')).toContain('1.1.0.1 canary 2/12');
});

it('updatePolicy Rolling updates by readiness alone, within the limits', async () => {
  lab = await startLab();
  await lab.apply(model({ spec: { updatePolicy: 'Rolling' } }));
  await lab.untilReady('1.0.0');
  await lab.apply(model({ version: '1.1.0', spec: { updatePolicy: 'Rolling' } }));
  await lab.untilReady('1.1.0');
  expect(await lab.versions()).toEqual({ '1.1.0': 12 });
});

it('updatePolicy Rolling: what crashes is rejected and taken back', async () => {
  lab = await startLab();
  await lab.apply(model({ spec: { updatePolicy: 'Rolling' } }));
  await lab.untilReady('1.0.0');
  await lab.apply(
    model({ version: '1.1.0', acts: { 'crash-after': '1s' }, spec: { updatePolicy: 'Rolling' } }),
  );
  await lab.until('rejected', async () => (await lab.model()).status?.phase === 'Rejected');
  await lab.until('back', async () => (await lab.versions())['1.0.0'] === 12);
  expect(await lab.versions()).toEqual({ '1.0.0': 12 });
});

it('goes back to a revision that was promoted before without waves', async () => {
  lab = await startLab();
  await lab.apply(rollout());
  await lab.apply(model());
  await lab.untilReady('1.0.0');
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilReady('1.1.0');
  const from = lab.timeline.length;
  await lab.apply(model());
  await lab.untilReady('1.0.0');
  expect(await lab.versions()).toEqual({ '1.0.0': 12 });
  expect(lab.timeline.slice(from).join('\n')).not.toMatch(/Soaking|canary/);
  const marks = (await lab.state()).revisions.map(({ content, promoted }) => [
    content.version,
    Object.values(promoted?.cohorts ?? {}).map(({ by }) => by),
  ]);
  expect(Object.fromEntries(marks)).toEqual({ '1.0.0': ['Revert', 'Revert'], '1.1.0': ['Judge', 'Judge'] });
});

it('going back to the stable content in mid-wave ends the rollout at once, and rejects nothing', async () => {
  lab = await startLab();
  await lab.apply(rollout());
  await lab.apply(model());
  await lab.untilReady('1.0.0');
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilPhase('Soaking');
  await lab.apply(model());
  await lab.untilReady('1.0.0', NAME, 5);
  await lab.until('all back', async () => (await lab.versions())['1.0.0'] === 12, 60);
  expect((await lab.rollout()).status?.rejected ?? []).toEqual([]);
});

it('a new spec in mid-wave supersedes the candidate, and the nodes already disturbed go first', async () => {
  lab = await startLab();
  await lab.apply(rollout());
  await lab.apply(model());
  await lab.untilReady('1.0.0');
  await lab.apply(model({ version: '1.1.0' }));
  await lab.until('the half wave soaks', async () => {
    const { status } = await lab.rollout();
    return status?.wave?.name === 'half' && status.phase === 'Soaking';
  });
  const disturbed = (await lab.serving())
    .filter(({ version }) => version === '1.1.0')
    .map(({ node }) => node);
  await lab.apply(model({ version: '1.2.0' }));
  await lab.until('1.2.0 soaks', async () => {
    const { status } = await lab.rollout();
    return status?.candidate?.version === '1.2.0' && status.phase === 'Soaking';
  });
  const second = (await lab.serving()).filter(({ version }) => version === '1.2.0').map(({ node }) => node);
  expect(second).toHaveLength(2);
  expect(disturbed).toEqual(expect.arrayContaining(second));
  // Those beyond the first wave went back to stable.
  expect(await lab.versions()).toEqual({ '1.0.0': 10, '1.2.0': 2 });
  await lab.untilReady('1.2.0');
  expect(await lab.versions()).toEqual({ '1.2.0': 12 });
});

it('a change of config rolls out as a revision with an immutable ConfigMap of its own', async () => {
  lab = await startLab();
  await lab.apply(rollout());
  await lab.apply(model({ spec: { config: { 'labels.txt': 'ok\n' } } }));
  await lab.untilReady('1.0.0');
  await lab.apply(model({ spec: { config: { 'labels.txt': 'ok\nscratch\n' } } }));
  await lab.untilPhase('Soaking');
  await lab.untilReady('1.0.0');
  const { revisions } = await lab.state();
  expect(revisions).toHaveLength(2);
  const maps = await configMaps();
  expect(maps.map(({ data, immutable }) => [data?.['labels.txt'], immutable]).toSorted()).toEqual([
    ['ok\n', true],
    ['ok\nscratch\n', true],
  ]);
  const pods = await lab.serving();
  expect(new Set(pods.map(({ revision }) => revision))).toEqual(
    new Set([(await lab.model()).status?.stableRevision]),
  );
});

async function configMaps() {
  const all = await lab.client.listAll<
    KubeObject & { readonly data?: Readonly<Record<string, string>>; readonly immutable?: boolean }
  >(RESOURCES.configMaps, { namespace: NAMESPACE });
  return all.filter(({ data }) => data?.['labels.txt'] !== undefined);
}

async function reasons(): Promise<readonly string[]> {
  return (await lab.events()).map(({ reason }) => reason);
}
