import { RESOURCES } from '../../../src/kube/resource.ts';
import { edgeNodes, type NodeSpec } from '../../../src/sim/fleet/node-spec.ts';
import type { Scenario, Stage } from '../stage.ts';

export const OPERATOR_DOWN: Scenario = {
  name: 'operator-down',
  title:
    'the operator is down from before the new spec for an hour; meanwhile one node goes dark and one is back',
  nodes: edgeNodes(12, ['orin', 'x86']),
  play: async (stage) => {
    const [dark, back] = [stage.named('orin', 1), stage.named('x86', 1)];
    await stage.install();
    stage.cutOff(back);
    await stage.untilDark(back);
    stage.killOperator();
    await stage.release('1.1.0');
    stage.reconnect(back);
    stage.cutOff(dark);
    await stage.run(stage.either(3_600, 40));
    stage.notes['away'] = [dark];
    stage.notes['disturbedMeanwhile'] = stage.recorder.disturbances.length;
    stage.notes['servedMeanwhile'] = await stage.versions();
    stage.startOperator();
    await stage.untilPromoted('1.1.0');
    stage.reconnect(dark);
    await stage.untilAllServe('1.1.0');
    await stage.settle();
  },
};

export const OPERATOR_DOWN_IN_MID_WAVE: Scenario = {
  name: 'operator-down-in-mid-wave',
  title: 'the operator dies while canaries are measured and is back half an hour later',
  nodes: edgeNodes(12, ['orin', 'x86']),
  play: async (stage) => {
    await stage.install();
    await stage.release('1.1.0');
    await stage.untilPhase('Soaking', 'canary');
    stage.killOperator();
    stage.notes['before'] = await stage.versions();
    await stage.run(stage.either(1_800, 30));
    stage.notes['meanwhile'] = await stage.versions();
    stage.startOperator();
    await stage.untilPromoted('1.1.0');
    await stage.settle();
  },
};

export const REGISTRY_DOWN: Scenario = {
  name: 'registry-down',
  title: 'the registry is down for ten minutes from the moment at which a wave fetches',
  nodes: edgeNodes(20, ['orin', 'x86']),
  limits: { maxPrefetching: 3 },
  play: async (stage) => {
    const { registry } = stage;
    const soak = stage.either('20s', '10s');
    await stage.install({
      waves: [
        { name: 'canary', nodes: 1, soak },
        { name: 'half', nodes: '50%', soak },
        { name: 'all', nodes: '100%' },
      ],
    });
    stage.slowImages('1.1.0', stage.either(10, 5));
    await stage.release('1.1.0');
    await stage.until(
      'the wave half begins',
      async () => (await stage.rollout()).status?.wave?.name === 'half',
    );
    const served = () => stage.recorder.disturbances.filter((each) => each.served).length;
    const before = served();
    registry.down = true;
    // In real time it is over before pulls that fail lose their places, for the next try would be five minutes later.
    await stage.run(stage.either(600, 20));
    stage.notes['reason'] = stage.reasons.at(-1);
    stage.notes['disturbedMeanwhile'] = served() - before;
    stage.notes['rejected'] = (await stage.rollout()).status?.rejected ?? [];
    registry.down = false;
    await stage.untilPromoted('1.1.0');
    await stage.untilAllServe('1.1.0');
    await stage.settle();
  },
};

export const SITE_DARK: Scenario = {
  name: 'site-dark',
  title:
    'a site goes dark while the second wave is measured, canaries and controls alike, and is back after 15 minutes',
  nodes: edgeNodes(24, ['orin', 'x86']),
  limits: { minReachable: '90%' },
  play: async (stage) => {
    await stage.install({
      waves: [
        { name: 'canary', nodes: 2, soak: stage.either('30s', '10s') },
        { name: 'half', nodes: '50%', soak: stage.either('2m', '40s') },
        { name: 'all', nodes: '100%' },
      ],
      // A cohort that is set aside after it begins at the first wave again, for which there is no time where it is real.
      limits: { ...stage.limits, progressDeadline: stage.either('2m', '5m') },
    });
    await stage.release('1.1.0');
    await stage.untilPhase('Soaking', 'half');
    const away = stage.ground.isReal ? await madeSite(stage) : await fairSite(stage);
    stage.notes['away'] = away;
    const running = (await stage.serving()).filter(({ node }) => away.includes(node));
    stage.notes['candidatesDark'] = running.filter(({ version }) => version === '1.1.0').length;
    stage.notes['controlsDark'] = running.filter(({ version }) => version === '1.0.0').length;
    stage.cutOff(...away);
    const from = stage.reasons.length;
    // Two minutes from the moment at which the node controller notices, a darkness is no longer a short one.
    await stage.run(stage.either(900, 165));
    stage.notes['reasonsMeanwhile'] = stage.reasons.slice(from);
    stage.notes['promotedWithout'] = await stage.isPromoted('1.1.0');
    stage.reconnect(...away);
    await stage.untilPromoted('1.1.0');
    await stage.untilAllServe('1.1.0');
    await stage.settle();
  },
};

/**
 * The site that runs the candidate on the most nodes, and in no class on more than those that run stable: nothing that
 * it takes along can be laid at the door of the candidate.
 */
async function fairSite(stage: Stage): Promise<readonly string[]> {
  const serving = await stage.serving();
  const sites = Map.groupBy(stage.nodes, ({ labels }) => labels['site'] ?? '');
  const updated = (nodes: readonly NodeSpec[]): number =>
    nodes.filter(({ name }) => serving.some((pod) => pod.node === name && pod.version === '1.1.0')).length;
  const fair = [...sites.values()].filter((nodes) =>
    [...Map.groupBy(nodes, ({ hardwareClass }) => hardwareClass).values()].every(
      (each) => updated(each) * 2 <= each.length,
    ),
  );
  const [most = []] = fair.toSorted((a, b) => updated(b) - updated(a));
  return most.map(({ name }) => name);
}

/**
 * The draw of a real run is another each time, and may leave no site that is fair. So some nodes of each class move to
 * one of their own: one that runs the candidate, and two that run stable.
 */
async function madeSite(stage: Stage): Promise<readonly string[]> {
  const serving = await stage.serving();
  const nodes = ['orin', 'x86'].flatMap((hardwareClass) => {
    const own = stage.nodes.filter((node) => node.hardwareClass === hardwareClass).map(({ name }) => name);
    const running = (version: string): readonly string[] =>
      own.filter((name) => serving.some((pod) => pod.node === name && pod.version === version));
    return [...running('1.1.0').slice(0, 1), ...running('1.0.0').slice(0, 2)];
  });
  for (const name of nodes) {
    const patch = { metadata: { labels: { site: 'site-of-this-story' } } };
    await stage.ground.client.mergePatch(RESOURCES.nodes, undefined, name, patch);
  }
  return nodes;
}

export const BOOT_LOOP: Scenario = {
  name: 'boot-loop',
  title: 'a candidate takes its nodes down 20 s after each start',
  nodes: edgeNodes(24, ['orin', 'x86']),
  play: async (stage) => {
    await stage.install({
      waves: [
        { name: 'canary', nodes: 3, soak: '5m' },
        { name: 'all', nodes: '100%' },
      ],
    });
    await stage.release('1.1.0', { acts: { 'panic-after': '20s' } });
    stage.notes['rejected'] = await stage.comes(
      async () => ((await stage.rollout()).status?.rejected ?? []).length > 0,
      1_800,
    );
    stage.notes['reached'] = new Set(
      stage.recorder.starts.filter((start) => start.version === '1.1.0').map(({ node }) => node),
    ).size;
    // One that was started again before it could be taken off may take its node down once more.
    stage.notes['allBack'] = await stage.comes(
      async () => (await stage.allServe('1.0.0')) && (await stage.areUp()) && !(await stage.runsAny('1.1.0')),
      600,
    );
    await stage.untilPhase('RolledBack');
    await stage.settle(120);
  },
};
