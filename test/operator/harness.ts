import type { Condition } from '../../src/api/condition.ts';
import type { EdgeModel } from '../../src/api/edge-model.ts';
import type { EdgeRollout } from '../../src/api/edge-rollout.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { SIMULATED_PROMETHEUS } from '../../src/cli/simulated-operator.ts';
import { type Log, SILENT } from '../../src/controller/ports/log.ts';
import type { Meter } from '../../src/controller/ports/meter.ts';
import { decide } from '../../src/core/decide.ts';
import { KubeClient } from '../../src/kube/client.ts';
import { isApiError } from '../../src/kube/errors.ts';
import { type Resource, RESOURCES } from '../../src/kube/resource.ts';
import { createOperator, type Operator } from '../../src/operator/create-operator.ts';
import { PrometheusEvidenceSource } from '../../src/prometheus/evidence-source.ts';
import { edgeNodes, type NodeSpec } from '../../src/sim/fleet/node-spec.ts';
import { createSimulation, type Simulation } from '../../src/sim/fleet/simulation.ts';
import { random } from '../../src/sim/inference/random.ts';
import { Invariants } from './invariants.ts';
import { NAME } from './manifests.ts';
import { type ModelPod, readState, type State } from './state.ts';
import { Tap } from './tap.ts';
import type { Write } from './write.ts';

export const NAMESPACE = 'default';
const KINDS: Readonly<Record<string, Resource>> = {
  EdgeModel: RESOURCES.edgeModels,
  EdgeRollout: RESOURCES.edgeRollouts,
  ResourceQuota: RESOURCES.resourceQuotas,
};

export interface LabOptions {
  readonly seed?: number;
  readonly nodes?: readonly NodeSpec[];
  readonly meter?: Meter;
  readonly log?: Log;
  /** Told each write of an operator, just before the API server gets it. */
  readonly onWrite?: (write: Write) => void;
  /** The invariants are asked at one write in so many; 1. Those of sums over time say less then. */
  readonly checkEvery?: number;
  /** Without an operator: start one with `startOperator`. */
  readonly idle?: boolean;
}

export interface RunningOperator {
  readonly name: string;
  readonly tap: Tap;
  readonly operator: Operator;
}

export interface Told {
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  /** The kind and the name of the object. */
  readonly about: string;
  readonly name: string;
}

/** A cluster in the process with the operator's own code on it, run by hand, checked at each write. */
export class Lab {
  readonly simulation: Simulation;
  readonly operators: RunningOperator[] = [];
  readonly invariants = new Invariants();
  /** What status said, each time it said something else. */
  readonly timeline: string[] = [];
  /** Whether the answer to an operator's request gets lost; asked for each. */
  loses = (): boolean => false;
  readonly #options: LabOptions;
  readonly #seed: number;
  readonly #reader: KubeClient;
  readonly #startedAt: number;
  #writes = 0;

  constructor(options: LabOptions) {
    const { seed = 1, nodes = edgeNodes(12, ['orin', 'x86']) } = options;
    this.#options = options;
    this.#seed = seed;
    this.simulation = createSimulation({ seed, nodes, scrapeInterval: 5_000 });
    const { apiServer, clock } = this.simulation;
    this.#reader = new KubeClient(apiServer, { fieldManager: 'test', clock, random: () => 0.5 });
    this.#startedAt = clock.now();
  }

  get client(): KubeClient {
    return this.simulation.client;
  }

  now(): number {
    return this.simulation.clock.now();
  }

  /** With nothing in its memory; `killAfter` as the tap's. */
  startOperator(options: { readonly killAfter?: number } = {}): RunningOperator {
    const { clock, apiServer, prometheus } = this.simulation;
    const name = `operator-${this.operators.length + 1}`;
    const { uniform } = random(`${this.#seed}/${name}`);
    const before: NonNullable<ConstructorParameters<typeof Tap>[1]['before']> = async (write) => {
      this.#options.onWrite?.(write);
      if (!/^(pods|controllerrevisions|edge)/.test(write.resource)) return;
      this.#writes += 1;
      if (this.#writes % (this.#options.checkEvery ?? 1) !== 0) return;
      this.invariants.check(write, await this.state());
    };
    const tap = new Tap(apiServer, {
      operator: name,
      now: () => clock.now(),
      before,
      loses: () => this.loses(),
    });
    tap.killAfter = options.killAfter ?? tap.killAfter;
    const operator = createOperator({
      client: new KubeClient(tap, { fieldManager: 'outrigger', clock, random: uniform }),
      clock,
      metrics: new PrometheusEvidenceSource(prometheus.exchange),
      random: uniform,
      log: this.#options.log ?? SILENT,
      ...(this.#options.meter !== undefined && { meter: this.#options.meter }),
      settings: { pauseImage: 'registry.example/pause:3.10', prometheusAddress: SIMULATED_PROMETHEUS },
      decide,
      identity: name,
    });
    // One that was killed ends in errors, which are nobody's any more.
    void operator.start().catch(() => {});
    const running = { name, tap, operator };
    this.operators.push(running);
    return running;
  }

  /** SIGKILL, and a new process with empty memory. */
  restartOperator(): RunningOperator {
    this.kill(this.operators.at(-1));
    return this.startOperator();
  }

  kill(running: RunningOperator | undefined): void {
    running?.tap.kill();
    void running?.operator.stop().catch(() => {});
  }

  async apply<T extends KubeObject>(manifest: T): Promise<T> {
    const resource = KINDS[manifest.kind ?? ''];
    if (resource === undefined) throw new Error(`the lab does not know the kind ${manifest.kind}`);
    return this.client.apply<T>(resource, NAMESPACE, manifest.metadata.name, manifest, { force: true });
  }

  async annotate(rolloutName: string, annotations: Readonly<Record<string, string>>): Promise<void> {
    await this.client.mergePatch(RESOURCES.edgeRollouts, NAMESPACE, rolloutName, {
      metadata: { annotations },
    });
  }

  state(): Promise<State> {
    return readState(this.#reader, NAMESPACE);
  }

  async model(name = NAME): Promise<EdgeModel> {
    return this.#reader.get<EdgeModel>(RESOURCES.edgeModels, NAMESPACE, name);
  }

  async rollout(name = NAME): Promise<EdgeRollout> {
    return this.#reader.get<EdgeRollout>(RESOURCES.edgeRollouts, NAMESPACE, name);
  }

  /** The pods that are to serve and are not on their way out. */
  async serving(name = NAME): Promise<readonly ModelPod[]> {
    const { pods } = await this.state();
    return pods.filter(({ model, role, deleting }) => model === name && role === 'serve' && !deleting);
  }

  /** How many nodes serve each version: `{ '1.0.0': 6 }`. */
  async versions(name = NAME): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const { version, ready } of await this.serving(name)) {
      if (ready) counts[version] = (counts[version] ?? 0) + 1;
    }
    return counts;
  }

  async events(): Promise<readonly Told[]> {
    const events = await this.client.listAll<KubeObject & Record<string, unknown>>(RESOURCES.events, {
      namespace: NAMESPACE,
    });
    return events.map((event) => ({
      type: String(event['type']),
      reason: String(event['reason']),
      note: String(event['message']),
      about: (event['involvedObject'] as { kind: string } | undefined)?.kind ?? '',
      name: (event['involvedObject'] as { name: string } | undefined)?.name ?? '',
    }));
  }

  /** Runs the clock second by second until the condition holds; the error shows what happened instead. */
  async until(what: string, holds: () => Promise<boolean>, limitSeconds = 600): Promise<void> {
    for (let second = 0; second < limitSeconds; second++) {
      await this.simulation.clock.advance(1_000);
      await this.#look();
      if (await holds()) return;
    }
    throw new Error(`${what}: not within ${limitSeconds} s.\n${this.story()}`);
  }

  async run(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.simulation.clock.advance(1_000);
      await this.#look();
    }
  }

  async untilReady(version: string, name = NAME, limitSeconds = 600): Promise<void> {
    await this.until(
      `${name} ${version} is Ready`,
      async () => {
        const { metadata, spec, status } = await this.model(name);
        return (
          spec.version === version &&
          status?.observedGeneration === metadata.generation &&
          condition(status?.conditions, 'Ready')?.status === 'True'
        );
      },
      limitSeconds,
    );
  }

  async untilPhase(phase: string, name = NAME, limitSeconds = 600): Promise<void> {
    await this.until(
      `rollout ${name} is ${phase}`,
      async () => {
        const [{ status }, { metadata }] = await Promise.all([this.rollout(name), this.model(name)]);
        return status?.phase === phase && status.observedModelGeneration === metadata.generation;
      },
      limitSeconds,
    );
  }

  /** Of the Ready condition of the rollout. */
  async untilReason(reason: string, name = NAME, limitSeconds = 600): Promise<void> {
    await this.until(
      `rollout ${name} says ${reason}`,
      async () => condition((await this.rollout(name)).status?.conditions, 'Ready')?.reason === reason,
      limitSeconds,
    );
  }

  story(): string {
    return [...this.timeline.slice(-40), ...this.invariants.violations].join('\n');
  }

  /** Errors: throws where an operator broke an invariant of the design at any of its writes. */
  async stop(): Promise<void> {
    let over = false;
    const stopped = Promise.allSettled(this.operators.map(({ operator }) => operator.stop()));
    void stopped.then(() => (over = true));
    await this.simulation.clock.runUntil(() => over);
    await this.simulation.stop();
    if (this.invariants.violations.length > 0) throw new Error(this.story());
  }

  async #look(): Promise<void> {
    const at = `${String(Math.round((this.now() - this.#startedAt) / 1000)).padStart(5)} s`;
    for (const line of await this.#lines()) {
      const before = this.timeline.findLast((each) =>
        each.slice(9).startsWith(line.slice(0, line.indexOf(':'))),
      );
      if (before?.slice(9) !== line) this.timeline.push(`${at}  ${line}`);
    }
  }

  async #lines(): Promise<string[]> {
    const list = async <T>(resource: Resource) =>
      this.#reader.listAll<T & KubeObject>(resource, { namespace: NAMESPACE });
    const models = await list<EdgeModel>(RESOURCES.edgeModels);
    const rollouts = await list<EdgeRollout>(RESOURCES.edgeRollouts);
    return [
      ...models.map(({ metadata, spec, status }) => {
        const why = condition(status?.conditions, 'Ready');
        return `em ${metadata.name}: ${spec.version} stable ${status?.version} ${status?.phase} ${why?.reason}`;
      }),
      ...rollouts.map(({ metadata, status }) => {
        const { phase, candidate, wave, updated, verdict, message } = status ?? {};
        return `er ${metadata.name}: ${phase} ${candidate?.version ?? '-'}.${candidate?.attempt ?? ''} ${wave?.name ?? '-'} ${updated} ${verdict ?? ''} ${message}`;
      }),
    ];
  }
}

/** A started simulation; give it back with `stop`. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const lab = new Lab(options);
  await lab.simulation.start();
  if (options.idle !== true) lab.startOperator();
  return lab;
}

export function condition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((each) => each.type === type);
}

export async function isThere(lab: Lab, resource: Resource, name: string): Promise<boolean> {
  try {
    await lab.client.get(resource, NAMESPACE, name);
    return true;
  } catch (error) {
    if (isApiError(error) && error.code === 'notFound') return false;
    throw error;
  }
}
