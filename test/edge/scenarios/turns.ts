import { edgeNodes } from '../../../src/sim/fleet/node-spec.ts';
import { NAME } from '../../operator/manifests.ts';
import type { Scenario } from '../stage.ts';

const MINUTE_MS = 60_000;

export const UPDATE_WINDOW: Scenario = {
  name: 'update-window',
  title: 'a version is released a minute or two before the update window opens',
  nodes: edgeNodes(12, ['orin', 'x86']),
  play: async (stage) => {
    await stage.install();
    // A schedule has minutes: the first that is not so near that it opens before anybody has looked.
    const opensAt = Math.ceil((stage.now() + 45_000) / MINUTE_MS) * MINUTE_MS;
    const opens = new Date(opensAt);
    stage.notes['opensAt'] = opensAt;
    await stage.applyRollout({
      updateWindows: [{ schedule: `${opens.getUTCMinutes()} ${opens.getUTCHours()} * * *`, duration: '30m' }],
    });
    await stage.release('1.1.0');
    await stage.until('the window is waited for', async () => stage.reasons.at(-1) === 'OutsideWindow', 60);
    stage.notes['nextWindow'] = (await stage.rollout()).status?.nextWindow;
    await stage.untilPromoted('1.1.0');
    stage.notes['nextWindowAfter'] = (await stage.rollout()).status?.nextWindow;
    await stage.settle();
  },
};

/** The model beside the one that is looked at. */
const OTHER = 'reader';

export const TWO_MODELS: Scenario = {
  name: 'two-models',
  title:
    'two models are installed and updated side by side on the same nodes, with two places for pulls together',
  nodes: edgeNodes(8, ['orin', 'x86']),
  limits: { maxPrefetching: 2, maxUnavailable: '50%' },
  play: async (stage) => {
    const names = [NAME, OTHER];
    const untilBoth = async (version: string): Promise<void> => {
      for (const name of names) await stage.untilPromoted(version, 1_800, name);
    };
    const apply = async (version: string): Promise<void> => {
      for (const name of names) {
        stage.registry.setSize(imageOf(name, version), 100_000_000);
        const variants = [{ name: 'cpu', artifact: { mountPath: '/models', image: imageOf(name, version) } }];
        await stage.applyModel({ name, version, spec: { updateStrategy: 'Surge', variants } });
      }
    };
    for (const name of names) await stage.applyRollout({}, name);
    await apply('1.0.0');
    await untilBoth('1.0.0');
    await apply('1.1.0');
    await untilBoth('1.1.0');
    stage.notes['pulled'] = [...stage.recorder.pulledBy].toSorted();
    await stage.settle();
  },
};

function imageOf(name: string, version: string): string {
  return `registry.example/${name}:${version}`;
}
