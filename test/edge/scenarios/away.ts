import { edgeNodes, type NodeSpec } from '../../../src/sim/fleet/node-spec.ts';
import type { Scenario, Stage, Step } from '../stage.ts';

const THIRTY = edgeNodes(30, ['orin', 'x86']);
/** 30 %: five of the orin nodes and four of the others. */
function threeTenths(nodes: readonly NodeSpec[]): readonly string[] {
  return [
    ...nodes.filter(({ hardwareClass }) => hardwareClass === 'orin').slice(0, 5),
    ...nodes.filter(({ hardwareClass }) => hardwareClass === 'x86').slice(0, 4),
  ].map(({ name }) => name);
}

function waves(stage: Stage, canarySoak: string) {
  const soak = stage.either('30s', '10s');
  return [
    { name: 'canary', nodes: 3, soak: canarySoak },
    { name: 'half', nodes: '50%', soak },
    { name: 'all', nodes: '100%' },
  ];
}

const shortWaves = (stage: Stage) => waves(stage, stage.either('30s', '10s'));

/** The canaries are measured for longer than the node controller takes to notice that a node is gone. */
const longSoak = (stage: Stage) => waves(stage, stage.either('3m', '40s'));

export const OFFLINE_FROM_THE_START: Scenario = {
  name: 'offline-from-the-start',
  title: '30 % of the nodes are away before the update starts, return when it is over and catch up',
  nodes: THIRTY,
  limits: { minReachable: '60%' },
  play: async (stage) => {
    await stage.install({ waves: shortWaves(stage) });
    const away = threeTenths(stage.nodes);
    stage.cutOff(...away);
    await stage.untilDark(...away);
    await stage.release('1.1.0');
    await stage.untilPromoted('1.1.0');
    stage.notes['away'] = away;
    stage.notes['promotedWith'] = (await stage.model()).status?.nodes;
    stage.reconnect(...away);
    await stage.untilAllServe('1.1.0');
    await stage.settle();
  },
};

export const TOO_FEW_REACHABLE: Scenario = {
  name: 'too-few-reachable',
  title: '30 % are away where minReachable asks for 80 %: it holds until enough are back',
  nodes: THIRTY,
  limits: { minReachable: '80%' },
  play: async (stage) => {
    await stage.install({ waves: shortWaves(stage) });
    const away = threeTenths(stage.nodes);
    stage.cutOff(...away);
    await stage.untilDark(...away);
    await stage.release('1.1.0');
    await stage.run(600);
    stage.notes['heldWith'] = stage.reasons.at(-1);
    stage.notes['promotedWithout'] = await stage.isPromoted('1.1.0');
    stage.reconnect(...away.slice(0, 3), ...away.slice(5, 7));
    await stage.untilPromoted('1.1.0');
    stage.notes['away'] = [...away.slice(3, 5), ...away.slice(7)];
    await stage.run(60);
  },
};

/** One node of each strategy goes dark at a point of its way, and returns when the others are through. */
function darkAt(
  name: string,
  title: string,
  catches: (stage: Stage) => Promise<readonly string[]>,
  /** How long to wait in real time for what is promoted without the node, or is not. */
  heldForSeconds = 300,
): Scenario {
  return {
    name: `dark-${name}`,
    title,
    nodes: edgeNodes(20, ['orin', 'x86']),
    play: async (stage) => {
      await stage.install({ waves: longSoak(stage) });
      stage.slowImages('1.1.0', stage.either(20, 8));
      await stage.release('1.1.0', { acts: { 'ready-after': stage.either('20s', '8s') } });
      const away = await catches(stage);
      stage.cutOff(...away);
      stage.notes['away'] = away;
      await stage.untilDark(...away);
      const limit = stage.either(600, heldForSeconds);
      stage.notes['promotedWithout'] = await stage.comes(() => stage.isPromoted('1.1.0'), limit);
      stage.notes['heldWith'] = stage.reasons.at(-1);
      stage.reconnect(...away);
      await stage.untilAllServe('1.1.0');
      await stage.settle();
    },
  };
}

const bothAt =
  (step: Step) =>
  async (stage: Stage): Promise<readonly string[]> => {
    await stage.until(
      'the wave half begins',
      async () => (await stage.rollout()).status?.wave?.name === 'half',
    );
    const one = await stage.nodeAt('x86', step, '1.1.0');
    stage.cutOff(one);
    return [one, await stage.nodeAt('orin', step, '1.1.0')];
  };

export const DARK_WAITING = darkAt(
  'waiting',
  'dark before its update: while it waits for a later wave',
  async (stage) => {
    await stage.untilPhase('Soaking', 'canary');
    return [await stage.nodeAt('orin', 'Waiting', '1.1.0'), await stage.nodeAt('x86', 'Waiting', '1.1.0')];
  },
);
export const DARK_PREFETCHING = darkAt(
  'prefetching',
  'dark before its update: while it fetches',
  bothAt('Prefetching'),
);
export const DARK_SWITCHING = darkAt('switching', 'dark while the candidate starts', bothAt('Switching'));
export const DARK_SOAKING = darkAt(
  'soaking',
  'dark after its update: one canary of three while it is measured',
  async (stage) => {
    await stage.untilPhase('Soaking', 'canary');
    return [await stage.nodeAt('orin', 'Serving', '1.1.0')];
  },
  60,
);

/** Two are as many as `minFailedNodes`, and no node with stable is dark. */
export const DARK_SOAKING_TWO: Scenario = {
  name: 'dark-soaking-two',
  title: 'dark after their update: two canaries of three, and none of the nodes that still run stable',
  nodes: edgeNodes(20, ['orin', 'x86']),
  play: async (stage) => {
    await stage.install({ waves: longSoak(stage) });
    await stage.release('1.1.0');
    await stage.untilPhase('Soaking', 'canary');
    const canaries = (await stage.serving()).filter(({ version }) => version === '1.1.0');
    const away = canaries.filter(({ variant }) => variant === 'orin').slice(0, 2);
    stage.notes['away'] = away.map(({ node }) => node);
    stage.cutOff(...away.map(({ node }) => node));
    await stage.run(600);
    stage.notes['promotedWithout'] = await stage.isPromoted('1.1.0');
    stage.notes['reached'] = new Set(
      stage.recorder.starts.filter((start) => start.version === '1.1.0').map(({ node }) => node),
    ).size;
    stage.reconnect(...away.map(({ node }) => node));
    await stage.comes(async () => (await stage.allServe('1.0.0')) || (await stage.allServe('1.1.0')), 900);
    await stage.run(60);
  },
};
export const DARK_HEALTHY = darkAt(
  'healthy',
  'dark after its update was measured: a canary, while the last wave goes on',
  async (stage) => {
    await stage.untilPhase('Soaking', 'canary');
    const away = [
      await stage.nodeAt('orin', 'Serving', '1.1.0'),
      await stage.nodeAt('x86', 'Serving', '1.1.0'),
    ];
    await stage.until('the last wave', async () => (await stage.rollout()).status?.wave?.name === 'all');
    return away;
  },
);
