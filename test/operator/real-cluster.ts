import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Condition } from '../../src/api/condition.ts';
import type { EdgeModel } from '../../src/api/edge-model.ts';
import type { EdgeRollout } from '../../src/api/edge-rollout.ts';
import { LABEL } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { fleet } from '../../src/cli/fleet.ts';
import type { Pod } from '../../src/sim/fleet/pod.ts';
import { installCrds } from '../api/install-crds.ts';
import type { RealParts } from '../setup/describe-real.ts';
import { condition, type Told } from './harness.ts';
import { NAME } from './manifests.ts';
import { modelPod, type ModelPod } from './state.ts';

const PATHS: Readonly<Record<string, string>> = {
  EdgeModel: '/apis/outrigger.dev/v1alpha1/namespaces/NS/edgemodels/',
  EdgeRollout: '/apis/outrigger.dev/v1alpha1/namespaces/NS/edgerollouts/',
  ResourceQuota: '/api/v1/namespaces/NS/resourcequotas/',
};

/** The fleet in this process, on the real API server, scraped by the real Prometheus; with the CRDs, unless helm is to bring them. */
export async function startFleet(
  real: RealParts,
  nodes: number,
  { crds = true }: { readonly crds?: boolean } = {},
): Promise<{ stop(): Promise<void> }> {
  if (crds) await installCrds(real.call);
  const over = new AbortController();
  const lines: string[] = [];
  const io = { out: (line: string) => void lines.push(line), err: () => {}, env: {}, signal: over.signal };
  const flags = ['--kubeconfig', real.kubeconfig];
  const running = fleet([...flags, '--nodes', String(nodes), '--port', String(real.fleetPort)], io);
  await eventually(
    'the fleet is up',
    async () => lines.some((line) => line.includes('nodes (')),
    (isUp) => isUp,
  );
  return {
    stop: async () => {
      over.abort();
      await running;
      await fleet([...flags, '--cleanup'], { ...io, signal: new AbortController().signal });
    },
  };
}

/** How a process is started, before its arguments. */
export interface Program {
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const FROM_SOURCES: Program = {
  command: [process.execPath, new URL('../../src/main.ts', import.meta.url).pathname],
};

/** The operator as people run it: a process of its own. */
export class OperatorProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];

  constructor(
    real: RealParts,
    namespace: string,
    flags: readonly string[] = [],
    program: Program = FROM_SOURCES,
  ) {
    const own = [
      '--kubeconfig',
      real.kubeconfig,
      '--prometheus',
      real.prometheus,
      '--namespace',
      namespace,
      '--leader-elect=false',
      '--listen=',
      ...flags,
    ];
    const { command, cwd, env } = program;
    const [file, ...before] = command;
    this.#child = spawn(file, [...before, 'operator', ...own], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd,
      env: env ?? process.env,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => void this.#lines.push(text));
    }
  }

  get log(): string {
    return this.#lines.join('');
  }

  async untilLeading(): Promise<void> {
    await eventually(
      'the operator leads',
      async () => this.log,
      (log) => log.includes('"leading"'),
    );
  }

  /** Resolves when it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exit;
  }
}

/** One namespace of the real cluster, as its owner sees it. */
export class Site {
  readonly namespace: string;
  readonly #real: RealParts;

  constructor(real: RealParts, namespace: string) {
    this.#real = real;
    this.namespace = namespace;
  }

  async apply<T extends KubeObject>(manifest: T): Promise<void> {
    const path = (PATHS[manifest.kind ?? ''] ?? '').replace('NS', this.namespace) + manifest.metadata.name;
    const object = { ...manifest, metadata: { ...manifest.metadata, namespace: this.namespace } };
    const reply = await this.#real.call(
      'PATCH',
      `${path}?fieldManager=person&force=true`,
      object,
      'application/apply-patch+yaml',
    );
    if (reply.status > 201) throw new Error(`not applied: ${JSON.stringify(reply.body)}`);
  }

  model(name = NAME): Promise<EdgeModel> {
    return this.#get<EdgeModel>('EdgeModel', name);
  }

  rollout(name = NAME): Promise<EdgeRollout> {
    return this.#get<EdgeRollout>('EdgeRollout', name);
  }

  async pods(name = NAME): Promise<readonly ModelPod[]> {
    const query = `labelSelector=${encodeURIComponent(`${LABEL.model}=${name}`)}`;
    const { body } = await this.#real.call('GET', `/api/v1/namespaces/${this.namespace}/pods?${query}`);
    return (body['items'] as readonly Pod[]).map(modelPod);
  }

  async versions(name = NAME): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const { ready, deleting, role, version } of await this.pods(name)) {
      if (ready && !deleting && role === 'serve') counts[version] = (counts[version] ?? 0) + 1;
    }
    return counts;
  }

  async events(): Promise<readonly Told[]> {
    const { body } = await this.#real.call('GET', `/api/v1/namespaces/${this.namespace}/events`);
    const items = body['items'] as readonly Record<string, unknown>[];
    return items.map((event) => {
      const subject = event['involvedObject'] as { kind: string; name: string };
      return {
        type: String(event['type']),
        reason: String(event['reason']),
        note: String(event['message']),
        about: subject.kind,
        name: subject.name,
      };
    });
  }

  async untilReady(version: string, name = NAME, limitMs = 150_000): Promise<void> {
    await eventually(
      `${name} ${version} is Ready`,
      () => this.model(name),
      ({ metadata, spec, status }) =>
        spec.version === version &&
        status?.observedGeneration === metadata.generation &&
        condition(status?.conditions, 'Ready')?.status === 'True',
      limitMs,
    );
  }

  async untilPhase(phase: string, name = NAME, limitMs = 150_000): Promise<EdgeRollout> {
    const { metadata } = await this.model(name);
    return eventually(
      `rollout ${name} is ${phase}`,
      () => this.rollout(name),
      ({ status }) => status?.phase === phase && status.observedModelGeneration === metadata.generation,
      limitMs,
    );
  }

  /** Of a model (or rollout); rejects where the condition does not come. */
  async untilCondition(
    kind: 'EdgeModel' | 'EdgeRollout',
    name: string,
    type: string,
    reason: string,
    limitMs = 60_000,
  ): Promise<Condition> {
    const found = await eventually(
      `${kind} ${name} says ${type} ${reason}`,
      async () => (await this.#get<EdgeModel | EdgeRollout>(kind, name)).status,
      (status) => condition(status?.conditions, type)?.reason === reason,
      limitMs,
    );
    const is = condition(found?.conditions, type);
    if (is === undefined) throw new Error(`${kind} ${name} has no condition ${type}`);
    return is;
  }

  async #get<T>(kind: string, name: string): Promise<T> {
    const path = (PATHS[kind] ?? '').replace('NS', this.namespace) + name;
    return (await this.#real.call('GET', path)).body as unknown as T;
  }
}

/** Asks until the answer is the one that is waited for. */
export async function eventually<T>(
  what: string,
  read: () => Promise<T>,
  good: (value: T) => boolean,
  limitMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await read();
    if (good(value)) return value;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms: ${JSON.stringify(value)}`);
    await sleep(250);
  }
}
