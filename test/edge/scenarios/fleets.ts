import type { EdgeRolloutSpec } from '../../../src/api/edge-rollout.ts';
import { RESOURCES } from '../../../src/kube/resource.ts';
import { edgeNode, edgeNodes } from '../../../src/sim/fleet/node-spec.ts';
import { type Node, readyCondition } from '../../../src/sim/fleet/node.ts';
import type { Scenario } from '../stage.ts';

/** A day of two hours, of which every device is off for 45 minutes; soaks of 40 minutes, judged by the minute. */
export const NIGHTS: Scenario = {
  name: 'nights',
  title: 'all devices are off for 45 minutes of each two hours, for as long as the rollout takes',
  nodes: edgeNodes(8, ['orin', 'x86']),
  play: async (stage) => {
    const names = stage.nodes.map(({ name }) => name);
    await stage.install({
      waves: [
        { name: 'canary', nodes: 1, soak: '40m' },
        { name: 'all', nodes: '100%', soak: '40m' },
      ],
      analysis: {
        resolution: '1m',
        warmup: '1m',
        metrics: [{ name: 'health', pods: ['restarts', 'notReady'] }],
      },
    });
    // The first night falls into the soak of the canaries.
    await stage.release('1.1.0');
    await stage.untilPhase('Soaking', 'canary');
    await stage.run(300);
    let nights = 0;
    for (; nights < 6 && !(await stage.isPromoted('1.1.0')); nights++) {
      stage.powerOff(...names);
      await stage.run(45 * 60);
      for (const name of names) stage.node(name).boot();
      await stage.run(75 * 60);
    }
    stage.notes['nights'] = nights;
    stage.notes['promoted'] = await stage.isPromoted('1.1.0');
  },
};

const TWO_WAVES: Partial<EdgeRolloutSpec> = {
  waves: [
    { name: 'canary', nodes: 1, soak: '60s' },
    { name: 'all', nodes: '100%' },
  ],
};

export const NODE_DELETED: Scenario = {
  name: 'node-deleted',
  title: 'two devices are gone for good in mid-rollout and a person deletes their Node objects',
  nodes: edgeNodes(8, ['orin', 'x86']),
  play: async (stage) => {
    await stage.install(TWO_WAVES);
    await stage.release('1.1.0');
    await stage.untilPhase('Soaking');
    const gone = [
      await stage.nodeAt('orin', 'Waiting', '1.1.0'),
      await stage.nodeAt('x86', 'Waiting', '1.1.0'),
    ];
    stage.notes['away'] = gone;
    stage.powerOff(...gone);
    await stage.untilDark(...gone);
    for (const name of gone) await stage.ground.client.delete(RESOURCES.nodes, undefined, name);
    await stage.untilPromoted('1.1.0');
    stage.notes['eligible'] = (await stage.model()).status?.nodes?.eligible;
    await stage.run(120);
  },
};

export const NODE_GONE_FOR_A_WEEK: Scenario = {
  name: 'node-gone-for-a-week',
  title:
    'two of eight devices are gone for good before the update, nobody deletes their Nodes, and a week passes',
  nodes: edgeNodes(8, ['orin', 'x86']),
  play: async (stage) => {
    const gone = [stage.named('orin', 3), stage.named('x86', 3)];
    await stage.install(TWO_WAVES);
    stage.notes['away'] = gone;
    stage.powerOff(...gone);
    await stage.untilDark(...gone);
    await stage.release('1.1.0');
    await stage.run(600);
    stage.notes['promotedAtOnce'] = await stage.isPromoted('1.1.0');
    stage.notes['heldWith'] = stage.reasons.at(-1);
    // What the node controller would have written a week ago, so that the week need not be played.
    for (const name of gone) {
      const node = await stage.ground.client.get<Node>(RESOURCES.nodes, undefined, name);
      const ready = readyCondition(node);
      const lastTransitionTime = new Date(stage.now() - 7 * 86_400_000).toISOString().replace(/\.\d+/, '');
      const conditions = (node.status?.conditions ?? []).map((each) =>
        each === ready ? { ...each, lastTransitionTime } : each,
      );
      await stage.ground.client.mergePatch(
        RESOURCES.nodes,
        undefined,
        name,
        { status: { conditions } },
        { subresource: 'status' },
      );
    }
    await stage.untilPromoted('1.1.0');
    await stage.run(120);
  },
};

export const LATE_DEVICE_PLUGIN: Scenario = {
  name: 'late-device-plugin',
  title:
    'nodes reboot in mid-rollout, one with stable and one with the candidate; devices come a minute after the pods',
  nodes: edgeNodes(12, ['orin', 'x86']),
  play: async (stage) => {
    await stage.install({
      waves: [
        { name: 'canary', nodes: 3, soak: '60s' },
        { name: 'all', nodes: '100%' },
      ],
    });
    await stage.release('1.1.0');
    await stage.untilPhase('Soaking');
    const nodes = [
      await stage.nodeAt('orin', 'Waiting', '1.1.0'),
      await stage.nodeAt('orin', 'Serving', '1.1.0'),
    ];
    stage.notes['rebooted'] = nodes;
    for (const name of nodes) {
      stage.powerOff(name);
      stage.node(name).boot({ devicesAfter: 60_000 });
    }
    await stage.run(20);
    const exceptions = (await stage.model()).status?.exceptions ?? [];
    stage.notes['reasons'] = exceptions.map(({ node, reason }) => [node, reason]).toSorted();
    await stage.untilPromoted('1.1.0');
    await stage.untilAllServe('1.1.0');
    await stage.run(60);
  },
};

/** One orin, two hailo, three x86, each a cohort of its own. */
const SMALL = [
  edgeNode('orin', 1, 0),
  edgeNode('hailo', 1, 1),
  edgeNode('hailo', 2, 2),
  ...[1, 2, 3].map((ordinal) => edgeNode('x86', ordinal, ordinal + 2)),
];
const SMALL_COHORTS = {
  waves: [
    { name: 'canary', nodes: 1, soak: '20s' },
    { name: 'all', nodes: '100%', soak: '20s' },
  ],
  cohorts: { by: ['node.kubernetes.io/instance-type', 'kubernetes.io/arch', 'hailo'] },
};

function small(name: string, title: string, acts: Readonly<Record<string, string>>, ends: string): Scenario {
  return {
    name,
    title,
    // The hailo nodes run the build for processors, in a cohort of their own by this label.
    nodes: SMALL.map((node) =>
      node.hardwareClass === 'hailo' ? { ...node, labels: { ...node.labels, hailo: 'yes' } } : node,
    ),
    play: async (stage) => {
      await stage.install(SMALL_COHORTS);
      await stage.release('1.1.0', { acts });
      await stage.untilPhase(ends);
      await stage.untilAllServe(ends === 'Promoted' ? '1.1.0' : '1.0.0');
      stage.notes['reached'] = [
        ...new Set(
          stage.recorder.starts
            .filter(({ role, version }) => role === 'serve' && version === '1.1.0')
            .map(({ node }) => node),
        ),
      ].toSorted();
      await stage.run(60);
    },
  };
}

export const SMALL_HEALTHY = small(
  'small-cohorts-healthy',
  'cohorts of one, two and three nodes take a healthy version',
  {},
  'Promoted',
);
export const SMALL_BAD = small(
  'small-cohorts-bad',
  'cohorts of one, two and three nodes get a version that crashes',
  { 'crash-after': '3s' },
  'RolledBack',
);
