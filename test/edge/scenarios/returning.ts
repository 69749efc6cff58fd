import { edgeNodes } from '../../../src/sim/fleet/node-spec.ts';
import type { Scenario } from '../stage.ts';

const TWELVE = edgeNodes(12, ['orin', 'x86']);
const PAIR = ['edge-orin-02', 'edge-x86-02'];

export const BACK_AFTER_TWO: Scenario = {
  name: 'back-after-two-revisions',
  title: 'two nodes are away while two revisions are promoted, and go straight to the newest',
  nodes: TWELVE,
  play: async (stage) => {
    await stage.install();
    stage.notes['away'] = PAIR;
    stage.cutOff(...PAIR);
    await stage.untilDark(...PAIR);
    for (const version of ['1.1.0', '1.2.0']) {
      await stage.release(version);
      await stage.untilPromoted(version);
    }
    stage.notes['backAt'] = stage.now();
    stage.reconnect(...PAIR);
    await stage.untilAllServe('1.2.0');
    await stage.run(60);
  },
};

export const BACK_DURING_ROLLBACK: Scenario = {
  name: 'back-during-a-rollback',
  title:
    'a canary of each class goes dark, the candidate is aborted, and they return while the others go back',
  nodes: TWELVE,
  play: async (stage) => {
    await stage.install({
      waves: [
        { name: 'canary', nodes: 3, soak: '10m' },
        { name: 'all', nodes: '100%' },
      ],
    });
    await stage.release('1.1.0', { acts: { 'ready-after': '10s' } });
    await stage.untilPhase('Soaking');
    const away = [
      await stage.nodeAt('orin', 'Serving', '1.1.0'),
      await stage.nodeAt('x86', 'Serving', '1.1.0'),
    ];
    stage.notes['away'] = away;
    stage.cutOff(...away);
    await stage.untilDark(...away);
    await stage.abort();
    await stage.untilPhase('RollingBack');
    stage.notes['backAt'] = stage.now();
    stage.reconnect(...away);
    await stage.untilAllServe('1.0.0', 300);
    stage.notes['allBackAt'] = stage.now();
    await stage.run(120);
  },
};

/** A node of each class goes dark and comes back, again and again through a whole rollout. Times in seconds. */
const flapping = (
  name: string,
  { dark, up, times }: { readonly dark: number; readonly up: number; readonly times: number },
): Scenario => ({
  name,
  title: `a node of each class is dark for ${dark} s of each ${dark + up} s through a whole rollout, and then steady`,
  nodes: TWELVE,
  play: async (stage) => {
    await stage.install({
      waves: [
        { name: 'canary', nodes: 1, soak: '3m' },
        { name: 'half', nodes: '50%', soak: '3m' },
        { name: 'all', nodes: '100%' },
      ],
      analysis: {
        resolution: '1m',
        warmup: '1m',
        metrics: [{ name: 'health', pods: ['restarts', 'notReady'] }],
      },
    });
    stage.notes['away'] = PAIR;
    const darknesses: { from: number; to: number }[] = [];
    stage.notes['darknesses'] = darknesses;
    const flap = async (): Promise<void> => {
      const from = stage.now();
      stage.cutOff(...PAIR);
      await stage.run(dark);
      darknesses.push({ from, to: stage.now() });
      stage.reconnect(...PAIR);
      await stage.run(up);
    };
    await flap();
    await stage.release('1.1.0');
    for (let count = 0; count < times; count++) await flap();
    stage.notes['startedWhileFlapping'] = stage.recorder.starts.filter(
      ({ node, version }) => PAIR.includes(node) && version === '1.1.0',
    ).length;
    stage.notes['disturbedWhileFlapping'] = stage.recorder.disturbances.filter(({ node }) =>
      PAIR.includes(node),
    ).length;
    stage.notes['promotedMeanwhile'] = await stage.isPromoted('1.1.0');
    stage.notes['steadyAt'] = stage.now();
    await stage.untilPromoted('1.1.0');
    await stage.untilAllServe('1.1.0', 1_500);
    await stage.run(60);
  },
});

/** Too short for two minutes in a row, long enough for the node controller to notice. */
export const FLAPPING = flapping('flapping', { dark: 60, up: 30, times: 20 });

/** The node controller is so late that the node is Ready for 140 s in a row, and dark for the last 50 of them. */
export const FLAPPING_SLOWLY = flapping('flapping-every-90-s', { dark: 90, up: 90, times: 10 });

/** Never noticed by the node controller: only the Lease tells. */
export const FLAPPING_UNNOTICED = flapping('flapping-unnoticed', { dark: 40, up: 40, times: 25 });
