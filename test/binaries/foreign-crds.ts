import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { GO_ENVIRONMENT } from './go.ts';

const run = promisify(execFile);

/** Where other projects publish the CRDs of what our manifests speak to: folders of their Go modules. */
const SOURCES: readonly {
  readonly module: string;
  readonly folder: string;
  readonly files: readonly string[];
}[] = [
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    folder: 'example/prometheus-operator-crd',
    files: [
      'monitoring.coreos.com_podmonitors.yaml',
      'monitoring.coreos.com_prometheusrules.yaml',
      'monitoring.coreos.com_servicemonitors.yaml',
    ],
  },
  {
    module: 'github.com/k3s-io/helm-controller@v0.17.9',
    folder: 'pkg/crds/yaml/generated',
    files: ['helm.cattle.io_helmcharts.yaml', 'helm.cattle.io_helmchartconfigs.yaml'],
  },
  {
    module: 'github.com/argoproj/argo-cd/v3@v3.5.5',
    folder: 'manifests/crds',
    files: ['application-crd.yaml', 'applicationset-crd.yaml', 'appproject-crd.yaml'],
  },
];

/**
 * The CustomResourceDefinitions of prometheus-operator, K3s's helm-controller and Argo CD as YAML texts, from the Go
 * module proxy, whose checksums Go verifies.
 *
 * Errors: rejects where there is no Go, or a module can't be had.
 */
export async function foreignCrds(): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const { module, folder, files } of SOURCES) {
    const root = await download(module);
    for (const file of files) texts.push(await readFile(join(root, folder, file), 'utf8'));
  }
  return texts;
}

async function download(module: string): Promise<string> {
  // Outside any module, so that no go.mod takes part in the choice.
  const { stdout } = await run('go', ['mod', 'download', '-json', module], {
    cwd: tmpdir(),
    env: { ...process.env, ...GO_ENVIRONMENT },
  });
  return String((JSON.parse(stdout) as { Dir: string }).Dir);
}
