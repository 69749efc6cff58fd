import { afterEach, expect, it } from 'vitest';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import { type Lab, startLab } from '../operator/harness.ts';
import { model, NAME, rollout } from '../operator/manifests.ts';

let lab: Lab;

afterEach(() => lab.stop());

it('a node that flaps in the middle of a rollout, and without one, does not fill the cluster with Events', async () => {
  lab = await startLab({ nodes: edgeNodes(6, ['x86']) });
  await lab.apply(rollout());
  await lab.apply(model());
  await lab.untilReady('1.0.0');
  const node = lab.simulation.fleet.node((await lab.serving())[0]?.node ?? '');
  const flap = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      node.cutOff();
      await lab.run(50);
      node.reconnect();
      await lab.run(10);
    }
  };
  const before = (await lab.events()).length;
  await flap(20);
  expect((await lab.events()).length - before).toBeLessThan(5);
  // A candidate that can never be served: its rollout holds and speaks of the nodes that it has.
  await lab.apply(model({ version: '1.1.0', acts: { 'error-rate': '100%', 'start-seconds': '600' } }));
  await flap(40);
  const events = (await lab.events()).filter(({ name }) => name === NAME);
  const byKind = new Map<string, number>();
  for (const { about: kind, reason } of events) {
    byKind.set(`${kind} ${reason}`, (byKind.get(`${kind} ${reason}`) ?? 0) + 1);
  }
  expect(Math.max(...byKind.values())).toBeLessThanOrEqual(20);
});
