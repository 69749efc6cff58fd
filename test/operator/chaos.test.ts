import { afterEach, expect, it } from 'vitest';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import { random } from '../../src/sim/inference/random.ts';
import { type Lab, startLab } from './harness.ts';
import { model, type ModelManifest, rollout } from './manifests.ts';

let lab: Lab;

afterEach(() => lab.stop());

const NODES = edgeNodes(12, ['orin', 'x86']);

/** Soaks in which the seconds of a reboot are no sign of harm. */
const WAVES = rollout({
  waves: [
    { name: 'canary', nodes: 1, soak: '60s' },
    { name: 'half', nodes: '50%', soak: '60s' },
    { name: 'all', nodes: '100%' },
  ],
});

interface Story {
  readonly seed: number;
  readonly second: ModelManifest;
  readonly serves: string;
}

const STORIES: readonly Story[] = [1, 2, 3, 4, 5, 6].map((seed) =>
  seed % 2 === 1
    ? { seed, second: model({ version: '1.1.0' }), serves: '1.1.0' }
    : { seed, second: model({ version: '1.1.0', acts: { 'crash-after': '1s' } }), serves: '1.0.0' },
);

it.each(STORIES)(
  'faults of seed $seed break no invariant, and once they stop the fleet serves $serves and the operator is silent',
  async ({ seed, second, serves }) => {
    lab = await startLab({ seed, nodes: NODES });
    const { apiServer, fleet } = lab.simulation;
    await lab.apply(WAVES);
    await lab.apply(model());
    await lab.untilReady('1.0.0');
    await lab.apply(second);

    const { uniform } = random(`${seed}/chaos`);
    const anyNode = () => fleet.node(NODES[Math.floor(uniform() * NODES.length)]?.name ?? '');
    const rebooted = new Set<unknown>();
    let lossy = false;
    // Of every twentieth request the answer is lost: nobody knows whether it took effect.
    lab.loses = () => lossy && uniform() < 0.05;
    const faults: readonly (() => unknown)[] = [
      () => lab.restartOperator(),
      () => lab.restartOperator(),
      () => apiServer.breakWatches(new Error('the server restarts')),
      () => apiServer.compact(),
      () => anyNode().cutOff(),
      () => {
        // Once each: a second restart in one soak counts as harm, and rightly so.
        const node = anyNode();
        if (!rebooted.has(node)) node.powerOff();
        rebooted.add(node);
      },
      () => anyNode().reconnect(),
      () => fleet.agents.find(({ state }) => state === 'off')?.boot(),
      () => (lossy = !lossy),
    ];
    for (let strike = 0; strike < 24; strike++) {
      faults[Math.floor(uniform() * faults.length)]?.();
      await lab.run(Math.floor(uniform() * 20));
    }

    lossy = false;
    for (const node of fleet.agents) {
      if (node.state === 'off') node.boot();
      node.reconnect();
    }
    await lab.until(
      `all nodes serve ${serves}`,
      async () =>
        (await lab.versions())[serves] === NODES.length && (await lab.serving()).length === NODES.length,
      900,
    );
    await lab.run(30);
    const before = lab.operators.map(({ tap }) => tap.writes.length);
    await lab.run(120);
    expect(lab.operators.map(({ tap }) => tap.writes.length)).toEqual(before);
    expect(await lab.versions()).toEqual({ [serves]: NODES.length });
  },
);
