import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { KubeObject } from '../../src/api/object-meta.ts';
import { runTool } from '../binaries/run-tool.ts';
import type { RealParts } from '../setup/describe-real.ts';
import { CUSTOMIZATIONS } from './argocd-customizations.ts';

interface SyncAnswer {
  readonly phase: string;
  readonly message: string;
  readonly resources: readonly {
    readonly kind: string;
    readonly name: string;
    readonly status: string;
    readonly hookPhase: string;
    readonly message: string;
  }[];
}

export const DIFF_MODES = ['three-way', 'structured', 'server-side'] as const;

/** An Application of one namespace whose repository is a folder; Argo CD's engine does the rest. */
export class ArgoApplication {
  readonly #flags: readonly string[];
  readonly #folder: string;

  private constructor(flags: readonly string[], folder: string) {
    this.#flags = [...flags, '--dir', folder];
    this.#folder = folder;
  }

  static async create(
    real: Pick<RealParts, 'kubeconfig'>,
    namespace: string,
    ...flags: readonly string[]
  ): Promise<ArgoApplication> {
    const folder = await mkdtemp(join(tmpdir(), 'outrigger-git-'));
    return new ArgoApplication(['--kubeconfig', real.kubeconfig, '--namespace', namespace, ...flags], folder);
  }

  /** All that the repository holds from now on. */
  async push(manifests: readonly KubeObject[]): Promise<void> {
    const documents = manifests.map(({ metadata, ...manifest }) =>
      // Without the namespace: where it goes is the Application's to say.
      JSON.stringify({ ...manifest, metadata: { ...metadata, namespace: undefined } }),
    );
    await writeFile(join(this.#folder, 'all.yaml'), documents.join('\n---\n'));
  }

  /** Any phase is an answer. */
  async sync(...flags: readonly string[]): Promise<SyncAnswer> {
    const customizations = ['--customizations', fileURLToPath(CUSTOMIZATIONS)];
    const { stdout, stderr } = await runTool('argocd', ['sync', ...this.#flags, ...customizations, ...flags]);
    if (stdout === '') throw new Error(`argocd sync: ${stderr}`);
    return JSON.parse(stdout) as SyncAnswer;
  }

  /** What is out of sync, and how: `EdgeRollout/defect-detector Modified`. */
  async outOfSync(...flags: readonly string[]): Promise<readonly string[]> {
    const { stdout, stderr } = await runTool('argocd', ['diff', ...this.#flags, ...flags]);
    if (stdout === '') throw new Error(`argocd diff: ${stderr}`);
    const { resources } = JSON.parse(stdout) as {
      readonly resources: readonly {
        readonly kind: string;
        readonly name: string;
        readonly outOfSync: boolean;
        readonly reason: string;
      }[];
    };
    return resources
      .filter(({ outOfSync }) => outOfSync)
      .map(({ kind, name, reason }) => `${kind}/${name} ${reason}`)
      .toSorted();
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
