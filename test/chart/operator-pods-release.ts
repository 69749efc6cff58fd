import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool, type ToolOutcome } from '../binaries/run-tool.ts';
import type { RealParts } from '../setup/describe-real.ts';
import { SERVER_LABEL } from './operator-pods.ts';

const CHART = new URL('../../charts/outrigger', import.meta.url).pathname;

type Values = Readonly<Record<string, unknown>>;

/** On the nodes that run the control plane, as on a K3s cluster whose agents are at the edge. */
const ON_SERVERS: Values = { nodeSelector: { [SERVER_LABEL]: 'true' } };

/** The chart as a release of the real control plane, by the real helm, with a person's kubeconfig. */
export class Release {
  readonly name = 'outrigger';
  readonly namespace: string;
  readonly #kubeconfig: string;
  readonly #home: string;

  static async in(real: RealParts, namespace: string): Promise<Release> {
    return new Release(real, namespace, await mkdtemp(join(tmpdir(), 'helm-')));
  }

  private constructor(real: RealParts, namespace: string, home: string) {
    this.namespace = namespace;
    this.#kubeconfig = real.kubeconfig;
    this.#home = home;
  }

  install(values: Values = {}, flags: readonly string[] = []): Promise<ToolOutcome> {
    return this.#must(['install', this.name, CHART, '--values', '-', ...flags], values);
  }

  upgrade(values: Values = {}, flags: readonly string[] = []): Promise<ToolOutcome> {
    return this.#must(['upgrade', this.name, CHART, '--values', '-', ...flags], values);
  }

  uninstall(): Promise<ToolOutcome> {
    return this.#must(['uninstall', this.name, '--wait']);
  }

  /** Errors: throws where kubectl ends with another code than 0. */
  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const env = { KUBECONFIG: this.#kubeconfig, HOME: this.#home };
    return succeeded(
      'kubectl',
      args,
      await runTool('kubectl', args, { env, ...(input !== undefined && { input }) }),
    ).stdout;
  }

  async forget(): Promise<void> {
    await rm(this.#home, { recursive: true, force: true });
  }

  async #must(args: readonly string[], values: Values = {}): Promise<ToolOutcome> {
    const env = { KUBECONFIG: this.#kubeconfig, HOME: this.#home };
    const input = JSON.stringify({ ...ON_SERVERS, ...values });
    const all = [...args, '--namespace', this.namespace];
    return succeeded('helm', all, await runTool('helm', all, { env, input }));
  }
}

function succeeded(tool: string, args: readonly string[], outcome: ToolOutcome): ToolOutcome {
  if (outcome.code === 0) return outcome;
  throw new Error(`${tool} ${args.join(' ')} ended with ${outcome.code}: ${outcome.stderr}${outcome.stdout}`);
}
