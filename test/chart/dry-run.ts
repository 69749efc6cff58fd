import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { foreignCrds } from '../binaries/foreign-crds.ts';
import { runTool, type ToolOutcome } from '../binaries/run-tool.ts';
import { eventually } from '../operator/real-cluster.ts';
import type { RealParts } from '../setup/describe-real.ts';
import { isClusterScoped, type Manifest } from './manifest.ts';

/** kubectl on the real API server as administrator. */
export function kubectl(real: RealParts, args: readonly string[], input = ''): Promise<ToolOutcome> {
  return runTool('kubectl', ['--kubeconfig', real.kubeconfig, ...args], { input });
}

/** Gives the API server the kinds of other projects that our manifests speak of. */
export async function installForeignCrds(real: RealParts): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-foreign-'));
  try {
    for (const [index, text] of (await foreignCrds()).entries()) {
      await writeFile(join(folder, `${index}.yaml`), text);
    }
    const applied = await kubectl(real, ['apply', '--server-side', '--force-conflicts', '-f', folder]);
    if (applied.code !== 0) throw new Error(applied.stderr);
    // kubectl wait gives up at once on a CRD that has no conditions yet.
    await eventually(
      'the kinds of other projects are served',
      () => kubectl(real, ['wait', '--for=condition=Established', '--timeout=60s', '-f', folder]),
      ({ code }) => code === 0,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Server-side dry run of all of them, as a person would do it. */
export function dryRun(real: RealParts, manifests: readonly Manifest[]): Promise<ToolOutcome> {
  const args = [
    'apply',
    '--server-side',
    '--force-conflicts',
    '--dry-run=server',
    '--validate=strict',
    '-f',
    '-',
  ];
  const list = { apiVersion: 'v1', kind: 'List', items: manifests };
  return kubectl(real, args, JSON.stringify(list));
}

/** In a namespace that exists: a dry run makes none, and what is named there must not be made for other tests to trip over. */
export function movedTo(namespace: string, manifest: Manifest): Manifest {
  if (isClusterScoped(manifest)) return manifest;
  return { ...manifest, metadata: { ...manifest.metadata, namespace } };
}
