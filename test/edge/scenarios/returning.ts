import type { EdgeRolloutSpec } from '../../../src/api/edge-rollout.ts';
import { edgeNodes } from '../../../src/sim/fleet/node-spec.ts';
import type { Scenario, Stage } from '../stage.ts';

const TWELVE = edgeNodes(12, ['orin', 'x86']);
const pair = (stage: Stage): readonly string[] => [stage.named('orin', 2), stage.named('x86', 2)];

function healthEvery(resolution: string): NonNullable<EdgeRolloutSpec['analysis']> {
  return { resolution, warmup: resolution, metrics: [{ name: 'health', pods: ['restarts', 'notReady'] }] };
}

export const BACK_AFTER_TWO: Scenario = {
  name: 'back-after-two-revisions',
  title: 'two nodes are away while two revisions are promoted, and go straight to the newest',
  nodes: TWELVE,
  play: async (stage) => {
    await stage.install();
    const away = pair(stage);
    stage.notes['away'] = away;
    stage.cutOff(...away);
    await stage.untilDark(...away);
    for (const version of ['1.1.0', '1.2.0']) {
      await stage.release(version);
      await stage.untilPromoted(version);
    }
    stage.notes['backAt'] = stage.now();
    stage.notes['steadyMs'] = 2 * stage.either(10_000, 5_000);
    stage.reconnect(...away);
    await stage.untilAllServe('1.2.0');
    await stage.settle();
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
      // Nothing is measured here; what matters is that two samples are longer than any way back.
      ...stage.either(undefined, { analysis: healthEvery('30s') }),
    });
    stage.notes['steadyMs'] = 2 * stage.either(10_000, 30_000);
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
    await stage.settle(120);
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
    const all = { name: 'all', nodes: '100%' };
    await stage.install(
      stage.either(
        {
          waves: [{ name: 'canary', nodes: 1, soak: '3m' }, { name: 'half', nodes: '50%', soak: '3m' }, all],
          analysis: healthEvery('1m'),
        },
        // Ready for 50 s of each 90: what the node controller needs to notice is that much shorter there.
        { waves: [{ name: 'canary', nodes: 1, soak: '30s' }, all], analysis: healthEvery('30s') },
      ),
    );
    const away = pair(stage);
    stage.notes['away'] = away;
    const darknesses: { from: number; to: number }[] = [];
    stage.notes['darknesses'] = darknesses;
    const flap = async (): Promise<void> => {
      const from = stage.now();
      stage.cutOff(...away);
      await stage.run(dark);
      darknesses.push({ from, to: stage.now() });
      stage.notes['steadyAt'] = stage.now();
      stage.reconnect(...away);
      await stage.run(up);
    };
    // Released when they were away once before; where time is real, while they are away for the first time.
    if (stage.ground.isReal) {
      stage.cutOff(...away);
      await stage.untilDark(...away);
    } else {
      await flap();
    }
    await stage.release('1.1.0');
    const { least, most } = stage.either({ least: times, most: times }, { least: 2, most: 3 });
    for (let count = 0; count < most; count++) {
      if (count >= least && (await stage.isPromoted('1.1.0'))) break;
      await flap();
    }
    stage.notes['startedWhileFlapping'] = stage.recorder.starts.filter(
      ({ node, version }) => away.includes(node) && version === '1.1.0',
    ).length;
    stage.notes['disturbedWhileFlapping'] = stage.recorder.disturbances.filter(({ node }) =>
      away.includes(node),
    ).length;
    stage.notes['promotedMeanwhile'] = await stage.isPromoted('1.1.0');
    // Two samples, and twice as long with each darkness after the first, up to ten times.
    const longer = Math.min(10, 2 ** (darknesses.length - 1));
    stage.notes['steadyMs'] = longer * 2 * stage.either(60_000, 30_000);
    await stage.untilPromoted('1.1.0');
    await stage.untilAllServe('1.1.0', 1_500);
    await stage.settle();
  },
});

/** Too short for two minutes in a row, long enough for the node controller to notice. */
export const FLAPPING = flapping('flapping', { dark: 60, up: 30, times: 20 });

/** The node controller is so late that the node is Ready for 140 s in a row, and dark for the last 50 of them. */
export const FLAPPING_SLOWLY = flapping('flapping-every-90-s', { dark: 90, up: 90, times: 10 });

/** Never noticed by the node controller: only the Lease tells. */
export const FLAPPING_UNNOTICED = flapping('flapping-unnoticed', { dark: 40, up: 40, times: 25 });
