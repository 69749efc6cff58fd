import { afterEach, describe, expect, it } from 'vitest';
import type { EdgeRolloutSpec } from '../../src/api/edge-rollout.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import { condition, type Lab, startLab } from './harness.ts';
import { model, quickstart, rollout } from './manifests.ts';
import { isReady } from './state.ts';

let lab: Lab;

afterEach(() => lab.stop());

const CANARY = { name: 'canary', nodes: 3, soak: '60s' } as const;
const ALL = { name: 'all', nodes: '100%' } as const;

async function installed(
  nodes: Parameters<typeof edgeNodes>,
  spec: Partial<EdgeRolloutSpec> = {},
): Promise<void> {
  lab = await startLab({ nodes: edgeNodes(...nodes) });
  await lab.apply(rollout({ waves: [CANARY, ALL], ...spec }));
  await lab.apply(model());
  await lab.untilReady('1.0.0');
}

/** Until the new version is measured; the nodes that run it. */
async function canaries(): Promise<readonly string[]> {
  await lab.apply(model({ version: '1.1.0' }));
  await lab.untilPhase('Soaking');
  return on('1.1.0');
}

async function on(version: string): Promise<string[]> {
  return (await lab.serving()).flatMap((pod) => (pod.version === version ? [pod.node] : [])).toSorted();
}

function cutOff(names: readonly string[]): void {
  for (const name of names) lab.simulation.fleet.node(name).cutOff();
}

function reconnect(names: readonly string[]): void {
  for (const name of names) lab.simulation.fleet.node(name).reconnect();
}

async function untilDark(names: readonly string[]): Promise<void> {
  await lab.until(
    `${names.join(', ')} are not Ready`,
    async () => {
      const { nodes } = await lab.state();
      return names.every((name) => !isReady(nodes.get(name)));
    },
    120,
  );
}

async function untilRejected(): Promise<string> {
  await lab.until('a rejection', async () => (await rejected()).length > 0, 400);
  const [{ reason, message } = { reason: '', message: '' }] = await rejected();
  return `${reason}: ${message}`;
}

async function rejected() {
  return (await lab.rollout()).status?.rejected ?? [];
}

const told = async () => (await lab.events()).map(({ reason }) => reason);

describe('dark before the update', () => {
  it('30 % from the start: they are in no denominator, lag, and catch up', async () => {
    await installed([20, ['x86']], {
      waves: [{ name: 'fifth', nodes: '20%', soak: '20s' }, ALL],
      limits: { maxUnavailable: '34%', maxPrefetching: 10, minReachable: '60%' },
    });
    const away = (await on('1.0.0')).slice(0, 6);
    cutOff(away);
    await untilDark(away);
    expect(await canaries()).toHaveLength(3);
    expect((await lab.rollout()).status).toMatchObject({
      updated: '3/14',
      nodes: { total: 20, offline: 6, suspect: 0 },
    });
    await lab.untilReady('1.1.0');
    expect((await lab.rollout()).status).toMatchObject({
      updated: '14/14',
      nodes: { offline: 6, lagging: 6, failed: 0 },
    });
    reconnect(away);
    await lab.until('all have it', async () => (await lab.rollout()).status?.updated === '20/20', 300);
  });
});

describe('dark with the candidate', () => {
  it('two of three canaries, and no control node: rolled back, the dark ones on their return', async () => {
    await installed([10, ['x86']]);
    const dark = (await canaries()).slice(0, 2);
    cutOff(dark);
    await untilDark(dark);
    await lab.run(3);
    expect(await rejected()).toEqual([]);
    expect((await lab.rollout()).status?.nodes).toMatchObject({ offline: 2, suspect: 2 });
    const exceptions = (await lab.model()).status?.exceptions ?? [];
    expect(exceptions.map(({ node, reason }) => [node, reason])).toEqual(
      dark.map((node) => [node, 'Suspect']),
    );
    expect(await untilRejected()).toMatch(
      /^NodesDark: 2 of 3 nodes of cohort cpu that run the candidate went dark \(.*\), 0 of 7 control nodes$/,
    );
    expect(await told()).toContain('NodesDark');
    await lab.until('the third is back', async () => (await on('1.1.0')).length === 2, 120);
    expect(await on('1.1.0')).toEqual(dark);
    reconnect(dark);
    await lab.until('so are the dark ones', async () => (await on('1.1.0')).length === 0, 120);
    await lab.untilPhase('RolledBack');
    expect(await lab.versions()).toEqual({ '1.0.0': 10 });
  });

  it('a site for a wave: held as SiteDark, then promoted', async () => {
    await installed([12, ['x86']], {
      limits: { maxUnavailable: '34%', maxPrefetching: 10, progressDeadline: '30m' },
    });
    const wave = await canaries();
    const site = [...wave.slice(0, 2), ...(await on('1.0.0')).slice(0, 6)];
    cutOff(site);
    await lab.untilReason('SiteDark');
    expect((await lab.rollout()).status).toMatchObject({
      phase: 'Holding',
      message: expect.stringMatching(
        /2 of 3 nodes .* went dark .*, 6 of 9 control nodes: the candidate is not/,
      ),
      nodes: { offline: 8, suspect: 2 },
    });
    expect(await told()).toContain('SiteDark');
    await lab.run(600);
    expect(await on('1.1.0')).toEqual(wave);
    // One after the other, the canaries last.
    for (const name of site.toReversed()) {
      reconnect([name]);
      await lab.run(20);
    }
    await lab.untilReady('1.1.0');
    expect(await rejected()).toEqual([]);
    expect(await lab.versions()).toEqual({ '1.1.0': 12 });
  });

  it('one of 25: the wave goes on without it', async () => {
    await installed([50, ['x86']], { waves: [{ name: 'half', nodes: 25, soak: '60s' }, ALL] });
    const [dark = ''] = await canaries();
    cutOff([dark]);
    await lab.untilReady('1.1.0', undefined, 400);
    expect((await lab.rollout()).status).toMatchObject({
      updated: '49/50',
      nodes: { offline: 1, lagging: 0, failed: 0 },
    });
  });

  it('a candidate that makes its node boot again and again is rolled back while it is up', async () => {
    await installed([10, ['x86']], { waves: [{ name: 'canary', nodes: 1, soak: '15m' }, ALL] });
    const [name = ''] = await canaries();
    const node = lab.simulation.fleet.node(name);
    // Off for less than what could be a reboot, and up for a minute.
    const reboot = async () => {
      node.powerOff();
      await untilDark([name]);
      await lab.run(20);
      node.boot();
      await lab.run(60);
    };
    await reboot();
    expect(await rejected()).toEqual([]);
    await reboot();
    expect(await untilRejected()).toMatch(new RegExp(`^NodesDark: .*${name} came back and went dark again$`));
    await lab.until('it is back', async () => (await lab.versions())['1.0.0'] === 10, 120);
  });

  it('an operator that is killed between two darknesses knows of the first', async () => {
    await installed([10, ['x86']], { waves: [{ name: 'canary', nodes: 1, soak: '15m' }, ALL] });
    const dark = await canaries();
    cutOff(dark);
    await untilDark(dark);
    reconnect(dark);
    await lab.run(30);
    lab.restartOperator();
    await lab.run(30);
    expect(await rejected()).toEqual([]);
    cutOff(dark);
    expect(await untilRejected()).toMatch(/came back and went dark again/);
  });
});

describe('the judge of a ratio, with one of three canaries of a class dark', () => {
  const FILE = quickstart('02-rollout');
  it.each([
    { file: '03-healthy', phase: 'Promoted', stays: 29 },
    { file: '04-bad', phase: 'RolledBack', stays: 0 },
  ] as const)(
    'does not wait for it where minReachable does not: $file is $phase',
    async ({ file, phase, stays }) => {
      lab = await startLab({ nodes: edgeNodes(30) });
      const waves = [{ name: 'canary', nodes: 3, soak: '60s' }, ALL];
      const limits = { ...FILE.spec.limits, minReachable: '60%' };
      await lab.apply({ ...FILE, spec: { ...FILE.spec, waves, limits } });
      await lab.apply(quickstart('01-model'));
      await lab.untilReady('2.4.0');
      await lab.run(60);
      const { version } = quickstart(file).spec;
      await lab.apply(quickstart(file));
      await lab.untilPhase('Soaking');
      const [dark = ''] = await on(version);
      cutOff([dark]);
      await lab.untilPhase(phase);
      await lab.run(60);
      const there = (await on(version)).filter((name) => name !== dark);
      expect(there).toHaveLength(stays);
      expect(await on(version)).toContain(dark);
      // Whoever stays away is owed what was decided, and gets it.
      reconnect([dark]);
      await lab.until(
        'all serve one version',
        async () => Object.keys(await lab.versions()).length === 1 && (await lab.serving()).length === 30,
        300,
      );
    },
  );
});

describe('cohorts of one, two and three', () => {
  it.each([{ count: 1 }, { count: 2 }, { count: 3 }])(
    '$count: a canary that went dark holds, and goes on when it is back',
    async ({ count }) => {
      const waves = count === 1 ? [{ ...ALL, soak: '60s' }] : [{ ...CANARY, nodes: 1 }, ALL];
      await installed([count, ['x86']], { waves });
      const dark = await canaries();
      expect(dark).toHaveLength(1);
      cutOff(dark);
      await lab.untilReason(count === 1 ? 'DarkWithoutControls' : 'NodesSuspect');
      await lab.untilPhase('Holding');
      await lab.run(300);
      expect(await rejected()).toEqual([]);
      expect(await on('1.1.0')).toEqual(dark);
      reconnect(dark);
      if (count > 1) await lab.untilReady('1.1.0');
      else await lab.untilPhase('Soaking');
    },
  );
});

it('a class that is dark for longer than progressDeadline is set aside, and walks on its own when it is back', async () => {
  await installed([24, ['orin', 'x86']]);
  await canaries();
  const orin = (await lab.serving()).flatMap(({ node }) => (node.includes('orin') ? [node] : []));
  cutOff(orin);
  await lab.untilReason('SiteDark');
  await lab.until(
    'the other class has it',
    async () => (await on('1.1.0')).filter((name) => name.includes('x86')).length === 12,
    600,
  );
  expect(await told()).toContain('CohortSetAside');
  const { status } = await lab.rollout();
  expect(status?.cohorts).toMatchObject([
    { name: 'orin', phase: 'SetAside', reason: 'SiteDark', offline: 12 },
    { name: 'cpu', phase: 'Promoted', updated: 12 },
  ]);
  expect(condition(status?.conditions, 'Ready')).toMatchObject({ status: 'False', reason: 'SiteDark' });
  reconnect(orin);
  await lab.untilReady('1.1.0');
  expect(await lab.versions()).toEqual({ '1.1.0': 24 });
});
