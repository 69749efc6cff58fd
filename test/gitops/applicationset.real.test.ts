import { readFile } from 'node:fs/promises';
import { load } from 'js-yaml';
import { afterEach, beforeEach, expect, it } from 'vitest';

import type { KubeObject } from '../../src/api/object-meta.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import { NAMESPACE, startLab } from '../operator/harness.ts';
import { model, NAME, rollout } from '../operator/manifests.ts';
import { describeReal } from '../setup/describe-real.ts';
import { type Application, RollingSync, specVersions, type Step } from './applicationset-rolling-sync.ts';
import { patchOf } from './argocd-lua.ts';

interface ApplicationSet {
  readonly spec: { readonly strategy: { readonly rollingSync: { readonly steps: readonly Step[] } } };
}

const STAGE = 'outrigger.dev/stage';
const STAGES = ['pilot', 'early', 'main'] as const;
const WAVES = [
  { name: 'canary', nodes: 1, soak: '20s' },
  { name: 'all', nodes: '100%' },
] as const;

describeReal('a rolling sync of an ApplicationSet over three clusters', () => {
  let applications: readonly Application[];
  let set: RollingSync;

  beforeEach(async () => {
    const path = new URL('../../deploy/argocd/applicationset.yaml', import.meta.url);
    const { spec } = load(await readFile(path, 'utf8')) as ApplicationSet;
    applications = await Promise.all(
      STAGES.map(async (name, index) => ({
        name,
        labels: { [STAGE]: name },
        lab: await startLab({ seed: index + 1, nodes: edgeNodes(6, ['x86']) }),
      })),
    );
    set = new RollingSync(applications, spec.strategy.rollingSync.steps);
    set.push('1.0.0', [rollout({ waves: [...WAVES] }), model()]);
    await set.until('the first version is everywhere', () => set.settled);
    set.history.length = 0;
  });

  afterEach(async () => {
    for (const { lab } of applications) await lab.stop();
  });

  const versions = async (): Promise<readonly Readonly<Record<string, number>>[]> =>
    Promise.all(applications.map(({ lab }) => lab.versions()));

  it('takes a healthy version through all three, each only when the one before is promoted', async () => {
    set.push('1.1.0', [rollout({ waves: [...WAVES] }), model({ version: '1.1.0' })]);
    await set.until('it is everywhere', () => set.settled);
    expect(await versions()).toEqual([{ '1.1.0': 6 }, { '1.1.0': 6 }, { '1.1.0': 6 }]);
    expect(set.history).toEqual(
      STAGES.flatMap((name) => [`${name} synced 1.1.0`, `${name} Progressing`, `${name} Healthy`]),
    );
  });

  it('stops a bad version at the first cluster, and the others never hear of it', async () => {
    const bad = model({ version: '1.1.0', acts: { 'crash-after': '1s' } });
    set.push('1.1.0', [rollout({ waves: [...WAVES] }), bad]);
    await set.until('the first is Degraded', () => set.health('pilot') === 'Degraded');
    await set.run(300);
    expect(set.history).toEqual(['pilot synced 1.1.0', 'pilot Progressing', 'pilot Degraded']);
    expect(await specVersions(applications)).toEqual({ pilot: '1.1.0', early: '1.0.0', main: '1.0.0' });
    // It was rolled back there as well.
    expect(await versions()).toEqual([{ '1.0.0': 6 }, { '1.0.0': 6 }, { '1.0.0': 6 }]);

    set.push('1.0.0 again', [rollout({ waves: [...WAVES] }), model()]);
    await set.until('the revert is everywhere', () => set.settled);
    expect(await versions()).toEqual([{ '1.0.0': 6 }, { '1.0.0': 6 }, { '1.0.0': 6 }]);
  });

  it('holds the next cluster while a wave of the first waits for a person', async () => {
    const waves = [WAVES[0], { ...WAVES[1], approval: 'Required' as const }];
    set.push('1.1.0', [rollout({ waves }), model({ version: '1.1.0' })]);
    for (const [index, { name, lab }] of applications.entries()) {
      await set.until(`${name} waits`, () => set.health(name) === 'Suspended');
      await set.run(120);
      expect(set.history.filter((line) => line.includes('synced'))).toHaveLength(index + 1);
      const asking: KubeObject = {
        ...(await lab.rollout()),
        apiVersion: 'outrigger.dev/v1alpha1',
        kind: 'EdgeRollout',
      };
      await lab.client.mergePatch(RESOURCES.edgeRollouts, NAMESPACE, NAME, await patchOf(asking, 'approve'));
    }
    await set.until('it is everywhere', () => set.settled);
    expect(await versions()).toEqual([{ '1.1.0': 6 }, { '1.1.0': 6 }, { '1.1.0': 6 }]);
  });
});
