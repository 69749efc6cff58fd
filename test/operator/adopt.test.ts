import { expect, it } from 'vitest';
import { RESOURCES } from '../../src/kube/resource.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import type { Pod } from '../../src/sim/fleet/pod.ts';
import { condition, type Lab, NAMESPACE, startLab } from './harness.ts';
import { model, rollout } from './manifests.ts';
import { orphanedPods } from './orphans.ts';
import { inWords } from './write.ts';

/** A cohort that is surged and one that is replaced. */
const NODES = edgeNodes(6, ['orin', 'x86']);
const ADOPT = { adopt: { selector: { app: 'defect' } } };
const WAVES = rollout({
  waves: [
    { name: 'canary', nodes: 1, soak: '10s' },
    { name: 'all', nodes: '100%' },
  ],
});

/** By node: another pod or another process is told by any of it. */
async function processes(lab: Lab): Promise<Readonly<Record<string, unknown>>> {
  const pods = await lab.client.listAll<Pod>(RESOURCES.pods, {
    namespace: NAMESPACE,
    labelSelector: 'app=defect',
  });
  return Object.fromEntries(
    pods.map(({ metadata, spec, status }) => [
      spec.nodeName ?? '',
      [metadata.uid, status?.phase, status?.containerStatuses, status?.conditions],
    ]),
  );
}

/** With an operator that dies after its write of that number, and another one in its place. */
async function play(killAfter: number) {
  const lab = await startLab({ nodes: NODES, idle: true });
  await orphanedPods(lab);
  const before = await processes(lab);
  let current = lab.startOperator({ killAfter });
  await lab.apply(rollout({ paused: true }));
  await lab.apply(model({ spec: ADOPT }));
  const until = (what: string, holds: () => Promise<boolean>): Promise<void> =>
    lab.until(what, async () => {
      if (current.tap.dead) {
        lab.kill(current);
        current = lab.startOperator();
      }
      return holds();
    });
  await until(
    'all is taken over',
    async () =>
      (await lab.versions())['0.9.0'] === 6 &&
      condition((await lab.rollout()).status?.conditions, 'Ready')?.reason === 'Paused',
  );
  await lab.run(15);
  const revisions = (await lab.state()).revisions.map(({ content, ordinal, promoted }) => ({
    version: content.version,
    ordinal,
    promoted: promoted?.complete !== undefined,
  }));
  const { pods } = await lab.state();
  return {
    lab,
    outcome: {
      untouched: JSON.stringify(await processes(lab)) === JSON.stringify(before),
      pods: pods.map(({ name, version, cohort }) => `${name} ${version} ${cohort}`).toSorted(),
      revisions: revisions.toSorted((a, b) => a.ordinal - b.ordinal),
    },
  };
}

it('takes over what serves without a restart, goes on in waves, and falls silent', async () => {
  const lab = await startLab({ nodes: NODES, idle: true });
  const names = await orphanedPods(lab);
  const before = await processes(lab);
  expect(Object.keys(before).toSorted()).toEqual(names.toSorted());
  lab.startOperator();
  await lab.apply(rollout({ paused: true }));
  await lab.apply(model({ spec: { ...ADOPT, service: { port: 80 } } }));
  await lab.untilReason('Paused');
  await lab.run(30);
  expect(await lab.versions()).toEqual({ '0.9.0': 6 });
  expect(await processes(lab)).toEqual(before);
  // A Service that selects as ours does reaches them.
  const service = await lab.client.get(RESOURCES.services, NAMESPACE, 'defect-detector');
  const { selector } = (service as unknown as { spec: { selector: Record<string, string> } }).spec;
  const labelSelector = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  expect(await lab.client.listAll(RESOURCES.pods, { namespace: NAMESPACE, labelSelector })).toHaveLength(6);

  await lab.apply(WAVES);
  await lab.untilReady('1.0.0');
  expect(await lab.versions()).toEqual({ '1.0.0': 6 });
  const [operator] = lab.operators;
  const lists = () =>
    operator?.tap.requests.filter(({ query }) => query?.['labelSelector'] === 'app=defect').length ?? 0;
  const asked = lists();
  expect(asked).toBeLessThanOrEqual(3);
  await lab.run(120);
  expect(lists()).toBe(asked);
  expect((await lab.events()).map(({ reason }) => reason)).toEqual(
    expect.arrayContaining(['Adopted', 'WaveStarted', 'Promoted']),
  );
  await lab.stop();
});

it('goes back to what was adopted where the spec fails', async () => {
  const lab = await startLab({ nodes: NODES, idle: true });
  await orphanedPods(lab);
  lab.startOperator();
  await lab.apply(WAVES);
  await lab.apply(model({ acts: { 'crash-after': '1s' }, spec: ADOPT }));
  await lab.untilPhase('RolledBack');
  await lab.until('all serve again', async () => (await lab.versions())['0.9.0'] === 6);
  expect((await lab.serving()).map(({ variant }) => variant)).toEqual(Array(6).fill('adopted'));
  await lab.stop();
});

it('goes with the model when that is deleted, and stays with deletionPolicy Orphan', async () => {
  for (const [deletionPolicy, left] of [
    ['Delete', 0],
    ['Orphan', 6],
  ] as const) {
    const lab = await startLab({ nodes: NODES, idle: true });
    await orphanedPods(lab);
    lab.startOperator();
    await lab.apply(rollout({ paused: true }));
    await lab.apply(model({ spec: { ...ADOPT, deletionPolicy } }));
    await lab.untilReason('Paused');
    await lab.client.delete(RESOURCES.edgeModels, NAMESPACE, 'defect-detector', {
      propagationPolicy: 'Foreground',
    });
    await lab.run(60);
    expect({ deletionPolicy, pods: Object.keys(await processes(lab)).length }).toEqual({
      deletionPolicy,
      pods: left,
    });
    await lab.stop();
  }
});

it('touches nothing where two images run, and says which', async () => {
  const lab = await startLab({ nodes: NODES, idle: true });
  await orphanedPods(lab, {
    image: (node) => `registry.example/onnx-server:${node === 'edge-x86-02' ? '0.8' : '0.9'}`,
  });
  lab.startOperator();
  await lab.apply(WAVES);
  await lab.apply(model({ spec: ADOPT }));
  await lab.untilReason('AdoptMixed');
  await lab.run(60);
  const { status } = await lab.model();
  expect(condition(status?.conditions, 'Ready')?.message).toContain('onnx-server:0.8 on 1 (edge-x86-02)');
  const writes = lab.operators.flatMap(({ tap }) => tap.writes).map(({ resource }) => resource);
  expect(new Set(writes)).toEqual(new Set(['edgemodels/status', 'edgerollouts/status', 'events']));
  await lab.stop();
});

it('ends the same, whichever write the operator is killed at', async () => {
  const whole = await play(Number.POSITIVE_INFINITY);
  await whole.lab.stop();
  expect(whole.outcome).toMatchObject({
    untouched: true,
    revisions: [
      { version: '0.9.0', ordinal: 0, promoted: true },
      { version: '1.0.0', ordinal: 1, promoted: false },
    ],
  });
  const writes = whole.lab.operators[0]?.tap.writes ?? [];
  expect(writes.filter(({ resource, method }) => resource === 'pods' && method === 'PATCH')).toHaveLength(6);
  for (let number = 1; number <= writes.length; number++) {
    const { lab, outcome } = await play(number);
    const at = writes[number - 1];
    const where = `killed after write ${number}: ${at === undefined ? '' : inWords(at)}`;
    const patched = lab.operators
      .flatMap(({ tap }) => tap.writes)
      .filter(({ resource, method }) => resource === 'pods' && method === 'PATCH')
      .map(({ name }) => name);
    expect({ where, outcome, twice: patched.length - new Set(patched).size }).toEqual({
      where,
      outcome: whole.outcome,
      twice: 0,
    });
    await lab.stop();
  }
}, 120_000);

it('two operators at once adopt each pod once, as one revision', async () => {
  const lab = await startLab({ nodes: NODES, idle: true });
  await orphanedPods(lab);
  lab.startOperator();
  lab.startOperator();
  await lab.apply(WAVES);
  await lab.apply(model({ spec: ADOPT }));
  await lab.untilReady('1.0.0');
  expect((await lab.state()).revisions.map(({ ordinal }) => ordinal).toSorted()).toEqual([0, 1]);
  await lab.stop();
});
