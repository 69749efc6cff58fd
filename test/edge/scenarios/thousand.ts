import { edgeNodes } from '../../../src/sim/fleet/node-spec.ts';
import type { Scenario } from '../stage.ts';

/** Too large for a test of each run; `npm run bench:edge` plays it. */
export const THOUSAND: Scenario = {
  name: 'a-thousand-nodes',
  title: 'a thousand nodes in two waves: no more of them fetch at once than maxPrefetching',
  nodes: edgeNodes(1_000, ['orin', 'x86']),
  limits: { maxUnavailable: '10%', maxPrefetching: 40 },
  sampled: 100,
  play: async (stage) => {
    await stage.install({
      waves: [
        { name: 'half', nodes: '50%', soak: '20s' },
        { name: 'all', nodes: '100%' },
      ],
    });
    stage.slowImages('1.1.0', 5);
    await stage.release('1.1.0');
    await stage.untilPromoted('1.1.0');
  },
};
