import type { KubeObject } from '../../src/api/object-meta.ts';
import { runTool, type ToolOutcome } from '../binaries/run-tool.ts';
import type { RealParts } from '../setup/describe-real.ts';

/** The real kubectl in one namespace of the real cluster. */
export class Kubectl {
  readonly #flags: readonly string[];
  readonly #namespace: string;

  constructor(real: Pick<RealParts, 'kubeconfig'>, namespace: string) {
    this.#flags = ['--kubeconfig', real.kubeconfig, '--namespace', namespace];
    this.#namespace = namespace;
  }

  /** Any exit code is an answer. */
  try(args: readonly string[], input = ''): Promise<ToolOutcome> {
    return runTool('kubectl', [...this.#flags, ...args], { input });
  }

  /** Its standard output. Errors: rejects where it fails, with what it said. */
  async run(args: readonly string[], input = ''): Promise<string> {
    const { code, stdout, stderr } = await this.try(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Manifests as they stand in Git: without what only a cluster knows. */
  apply(manifests: readonly KubeObject[], ...flags: readonly string[]): Promise<string> {
    return this.run(['apply', ...flags, '-f', '-'], this.#list(manifests));
  }

  /** Exit code 0: no difference, 1: the differences on standard output, above: an error. */
  diff(manifests: readonly KubeObject[], ...flags: readonly string[]): Promise<ToolOutcome> {
    return this.try(['diff', ...flags, '-f', '-'], this.#list(manifests));
  }

  async get<T extends KubeObject>(what: string, ...flags: readonly string[]): Promise<T> {
    return JSON.parse(await this.run(['get', what, '-o', 'json', ...flags])) as T;
  }

  #list(manifests: readonly KubeObject[]): string {
    const items = manifests.map((manifest) => ({
      ...manifest,
      metadata: { ...manifest.metadata, namespace: this.#namespace },
    }));
    return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  }
}
