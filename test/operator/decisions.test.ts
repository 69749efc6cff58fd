import { afterEach, beforeEach, expect, it } from 'vitest';
import { DECISION } from '../../src/api/names.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { condition, type Lab, startLab } from './harness.ts';
import { model, NAME, rollout } from './manifests.ts';

let lab: Lab;

beforeEach(async () => {
  lab = await startLab();
});

afterEach(() => lab.stop());

async function installed(spec: Parameters<typeof rollout>[0]): Promise<void> {
  await lab.apply(rollout(spec));
  await lab.apply(model());
  await lab.untilReady('1.0.0');
}

async function holds(seconds = 90): Promise<void> {
  const before = await lab.versions();
  await lab.run(seconds);
  expect(await lab.versions()).toEqual(before);
}

const WAVES = [
  { name: 'canary', nodes: 1, soak: '20s' },
  { name: 'all', nodes: '100%', approval: 'Required' },
] as const;

it('a wave that needs approval waits for the one that names it', async () => {
  await installed({ waves: [...WAVES] });
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilPhase('AwaitingApproval');
  const { status } = await lab.rollout();
  const revision = status?.candidate?.revision;
  expect(status?.message).toContain(`outrigger.dev/approve=${revision}.1/all`);
  expect(status?.approval).toBe(`${revision}.1/all`);
  expect(condition(status?.conditions, 'Approved')).toMatchObject({ status: 'False' });
  for (const wrong of [`${revision}.1/canary`, `${revision}.2/all`, 'other.1/all', 'all']) {
    await lab.annotate(NAME, { [DECISION.approve]: wrong });
    await holds(10);
  }
  await lab.annotate(NAME, { [DECISION.approve]: `${revision}.1/all` });
  await lab.untilReady('1.1.0');
  const { status: after } = await lab.rollout();
  expect(condition(after?.conditions, 'Approved')).toBeUndefined();
  expect(after?.approval).toBeUndefined();
});

it('asks at a wave that adds no node as well, and goes on when the one after it is approved', async () => {
  // Ten percent of six nodes is the one that the canary was.
  await installed({
    waves: [WAVES[0], { name: 'tenth', nodes: '10%', soak: '20s', approval: 'Required' }, WAVES[1]],
  });
  await lab.apply(model({ version: '1.1.0' }));
  for (const wave of ['tenth', 'all']) {
    await lab.until(
      `${wave} is asked for`,
      async () => (await lab.rollout()).status?.approval?.endsWith(`.1/${wave}`) === true,
      120,
    );
    await lab.annotate(NAME, { [DECISION.approve]: (await lab.rollout()).status?.approval ?? '' });
  }
  await lab.untilReady('1.1.0');
  expect(await lab.versions()).toEqual({ '1.1.0': 12 });
});

it('paused starts nothing new, and goes on when it is taken away', async () => {
  await installed({});
  await lab.apply(rollout({ paused: true }));
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilPhase('Paused');
  await holds();
  expect(await lab.versions()).toEqual({ '1.0.0': 12 });
  await lab.apply(rollout({ paused: false }));
  await lab.untilPhase('Soaking');
  await lab.apply(rollout({ paused: true }));
  await lab.untilPhase('Paused');
  await holds();
  expect(await lab.versions()).toEqual({ '1.0.0': 10, '1.1.0': 2 });
  expect(condition((await lab.rollout()).status?.conditions, 'Paused')?.status).toBe('True');
  await lab.apply(rollout({ paused: false }));
  await lab.untilReady('1.1.0');
});

it('promote stands in for a missing Pass of the wave that it names, and is recorded', async () => {
  lab.simulation.prometheus.fault = { kind: 'empty' };
  await installed({
    waves: [
      { name: 'canary', nodes: 1, soak: '20s' },
      { name: 'all', nodes: '100%' },
    ],
    analysis: {
      resolution: '10s',
      warmup: '10s',
      metrics: [
        {
          name: 'errors',
          ratio: { bad: 'model_requests_total{code=~"5.."}', total: 'model_requests_total' },
          maxIncrease: { absolute: '5%' },
        },
      ],
    },
  });
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilReason('NoData');
  const revision = (await lab.rollout()).status?.candidate?.revision;
  await lab.annotate(NAME, { [DECISION.promote]: `${revision}.1/all` });
  await holds(30);
  await lab.annotate(NAME, { [DECISION.promote]: `${revision}.1/canary` });
  await lab.untilReady('1.1.0');
  expect((await lab.events()).map(({ reason }) => reason)).toContain('PromotedByPerson');
  const { revisions } = await lab.state();
  const mark = revisions.find(({ content }) => content.version === '1.1.0')?.promoted;
  expect(new Set(Object.values(mark?.cohorts ?? {}).map(({ by }) => by))).toEqual(
    new Set(['PromotedByPerson']),
  );
});

it('promote does not stand in for a Fail', async () => {
  await installed({
    analysis: {
      resolution: '10s',
      warmup: '10s',
      metrics: [
        {
          name: 'errors',
          ratio: { bad: 'model_requests_total{code=~"5.."}', total: 'model_requests_total' },
          maxIncrease: { absolute: '5%' },
          max: '15%',
        },
      ],
    },
    waves: [
      { name: 'canary', nodes: 3, soak: '40s' },
      { name: 'all', nodes: '100%' },
    ],
    onFailure: 'Pause',
  });
  await lab.apply(model({ version: '1.1.0', acts: { 'error-rate': '40%' } }));
  await lab.untilPhase('Paused');
  const { status } = await lab.rollout();
  expect(status?.verdict).toBe('Fail');
  await lab.annotate(NAME, { [DECISION.promote]: `${status?.candidate?.revision}.1/canary` });
  await holds();
  expect((await lab.versions())['1.1.0']).toBe(6);
});

it('canary.nodeSelector says who goes first', async () => {
  const ring = ['edge-orin-02', 'edge-x86-05'];
  for (const name of ring) {
    await lab.client.mergePatch(RESOURCES.nodes, undefined, name, {
      metadata: { labels: { ring: 'canary' } },
    });
  }
  await installed({ canary: { nodeSelector: { ring: 'canary' } } });
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilPhase('Soaking');
  const canaries = (await lab.serving()).filter(({ version }) => version === '1.1.0');
  expect(canaries.map(({ node }) => node).toSorted()).toEqual(ring);
  await lab.untilReady('1.1.0');
});

it('firstRevision Waves and revert Waves take the waves as well', async () => {
  await lab.apply(rollout({ firstRevision: 'Waves', revert: 'Waves' }));
  await lab.apply(model());
  await lab.untilPhase('Soaking');
  expect(await lab.versions()).toEqual({ '1.0.0': 2 });
  await lab.untilReady('1.0.0');
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilReady('1.1.0');
  await lab.apply(model());
  await lab.untilPhase('Soaking');
  expect(await lab.versions()).toEqual({ '1.0.0': 2, '1.1.0': 10 });
  await lab.untilReady('1.0.0');
  expect(await lab.versions()).toEqual({ '1.0.0': 12 });
});

it('deleting the rollout in mid-wave freezes every node where it is', async () => {
  await installed({});
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilPhase('Soaking');
  await lab.client.delete(RESOURCES.edgeRollouts, 'default', NAME);
  await holds();
  expect(await lab.versions()).toEqual({ '1.0.0': 10, '1.1.0': 2 });
  expect((await lab.model()).status?.phase).toBe('NoRollout');
});
