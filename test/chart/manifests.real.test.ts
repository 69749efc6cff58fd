import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { load, loadAll } from 'js-yaml';
import { beforeAll, describe, expect, test } from 'vitest';

import { installCrds } from '../api/install-crds.ts';
import { describeReal } from '../setup/describe-real.ts';
import { dryRun, installForeignCrds, kubectl, movedTo } from './dry-run.ts';
import { helmTemplate } from './helm.ts';
import { isManifest, type Manifest } from './manifest.ts';
import { plainManifests } from './plain-manifests.ts';

interface HelmChart {
  readonly spec: { readonly chart: string; readonly valuesContent: string };
}

const CHECKOUT = new URL('../../', import.meta.url);

/** YAML that is for somebody else than an API server. */
const NO_OBJECTS = [
  'charts/outrigger/Chart.yaml',
  'charts/outrigger/files/alerts.yaml',
  'charts/outrigger/files/alerts_test.yaml',
  'charts/outrigger/values.yaml',
  'deploy/kustomization.yaml',
];

/** Templates become YAML when they are rendered, and render.real.test.ts has what becomes of them. */
const FILES = globSync('{charts,deploy,examples}/**/*.{yaml,yml}', {
  cwd: fileURLToPath(CHECKOUT),
  exclude: ['charts/*/templates/**'],
}).toSorted();

const read = (path: string): Promise<string> => readFile(new URL(path, CHECKOUT), 'utf8');

const documentsOf = async (path: string): Promise<readonly unknown[]> =>
  loadAll(await read(path)).filter((each) => each !== null && each !== undefined);

describeReal('manifests that are checked in', (real) => {
  let namespace = '';

  beforeAll(async () => {
    await installCrds(real().call);
    await installForeignCrds(real());
    namespace = await real().namespace();
  });

  test('are all of the YAML but for what is named here', async () => {
    const others: string[] = [];
    for (const path of FILES) {
      if (!(await documentsOf(path)).every(isManifest)) others.push(path);
    }
    expect(others).toEqual(NO_OBJECTS);
  });

  test.each(FILES.filter((path) => !NO_OBJECTS.includes(path)))(
    '%s is taken by the API server',
    async (path) => {
      const objects = (await documentsOf(path)).filter(isManifest);
      expect(objects.length).toBeGreaterThan(0);
      const { code, stderr } = await dryRun(
        real(),
        objects.map((each) => movedTo(namespace, each)),
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    },
  );

  test('a dry run refuses what the API server does not know', async () => {
    const [broken] = (await documentsOf('deploy/install.yaml')).filter(isManifest);
    const { code, stderr } = await dryRun(real(), [{ ...broken, spec: { finalisers: [] } } as Manifest]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('finalisers');
  });

  describe('the plain manifests', () => {
    test('are what the chart says: `npm run manifests` mends them', async () => {
      for (const { path, text } of await plainManifests()) {
        // Not toEqual: thousands of lines of difference say less than one sentence.
        const state = (await read(path)) === text ? 'as the chart says' : 'different';
        expect(`${path} is ${state}: run \`npm run manifests\` and commit the result`).toContain(
          'as the chart says',
        );
      }
    });

    test('say nothing of Helm', async () => {
      for (const { path } of await plainManifests()) expect(await read(path)).not.toMatch(/helm\.sh|: Helm/);
    });

    test('are a base for kustomize', async () => {
      const { code, stdout, stderr } = await kubectl(real(), [
        'kustomize',
        fileURLToPath(new URL('deploy', CHECKOUT)),
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const built = loadAll(stdout).filter(isManifest);
      expect(names(built)).toEqual(names((await documentsOf('deploy/install.yaml')).filter(isManifest)));
    });

    test('move to another namespace as the head of the file says', async () => {
      const text = (await read('deploy/namespaced.yaml')).replaceAll('outrigger-system', namespace);
      const { code, stderr } = await dryRun(real(), loadAll(text).filter(isManifest));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    });
  });

  test("the manifest for K3s gives the chart values that it has, and names the chart's file", async () => {
    const [chart] = (await documentsOf('deploy/k3s/outrigger.yaml')) as readonly HelmChart[];
    const { code, stderr } = await helmTemplate('outrigger-system', load(chart?.spec.valuesContent ?? ''));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { version } = load(await read('charts/outrigger/Chart.yaml')) as { readonly version: string };
    expect(chart?.spec.chart).toMatch(new RegExp(`/outrigger-${version}\\.tgz$`));
  });

  test('kubectl apply takes the CRDs without --server-side too', async () => {
    const folder = fileURLToPath(new URL('crds', CHECKOUT));
    // Its annotation with the whole object may have 262144 bytes, which is where the CRDs of others fail.
    const { code, stderr } = await kubectl(real(), ['apply', '--dry-run=server', '-f', folder]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('Too long') });
  });
});

function names(objects: readonly Manifest[]): readonly string[] {
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted();
}
