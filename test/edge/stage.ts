import type { EdgeModel } from '../../src/api/edge-model.ts';
import type { EdgeRollout, EdgeRolloutSpec } from '../../src/api/edge-rollout.ts';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import type { NodeAgent } from '../../src/sim/fleet/node-agent.ts';
import type { NodeSpec } from '../../src/sim/fleet/node-spec.ts';
import type { ImageRegistry } from '../../src/sim/fleet/image-store.ts';
import type { Pod } from '../../src/sim/fleet/pod.ts';
import { condition } from '../operator/harness.ts';
import { model, type ModelOptions, NAME, rollout } from '../operator/manifests.ts';
import { isReady, type ModelPod, modelPod, readState, type State } from '../operator/state.ts';
import { DoubleGround } from './double-ground.ts';
import type { Ground, GroundOptions } from './ground.ts';
import type { NodeEnd, Outcome } from './outcome.ts';
import { Recorder } from './recorder.ts';

/** A story: what happens to a fleet, to its end. Told once, played on the double and on the real control plane. */
export interface Scenario {
  readonly name: string;
  /** What happens, in a sentence for the table. */
  readonly title: string;
  /** As the double has them; on a real API server they get names of their own. */
  readonly nodes: readonly NodeSpec[];
  readonly limits?: EdgeRolloutSpec['limits'];
  /** The invariants are asked at each write; of so many nodes that this takes minutes, at one in so many. */
  readonly sampled?: number;
  readonly play: (stage: Stage) => Promise<void>;
}

/** The way of a node through an update, as far as the API server tells. */
export type Step = 'Waiting' | 'Prefetching' | 'Switching' | 'Serving';

const LIMITS: EdgeRolloutSpec['limits'] = {
  maxUnavailable: '20%',
  maxPrefetching: 4,
  progressDeadline: '2m',
};

/** Where nothing else is said: a rollout as short as the judge lets it be, where its time is real. */
const QUICK: Partial<EdgeRolloutSpec> = {
  waves: [
    { name: 'canary', nodes: 1, soak: '10s' },
    { name: 'half', nodes: '50%', soak: '10s' },
    { name: 'all', nodes: '100%' },
  ],
  prometheus: { queryDelay: '2s' },
  analysis: {
    resolution: '5s',
    warmup: '5s',
    metrics: [{ name: 'health', pods: ['restarts', 'notReady'] }],
  },
};

/** A cluster with a recorder in it, and the words in which scenarios are told. */
export class Stage {
  readonly ground: Ground;
  readonly recorder: Recorder;
  readonly scenario: Scenario;
  readonly notes: Record<string, unknown> = {};
  readonly reasons: string[] = [];
  readonly #startedAt: number;
  readonly #timeline: string[] = [];

  constructor(scenario: Scenario, groundOf: (options: GroundOptions) => Ground) {
    this.scenario = scenario;
    this.ground = groundOf({
      name: scenario.name,
      nodes: scenario.nodes,
      checkEvery: scenario.sampled ?? 1,
      onWrite: (write) => this.recorder.wrote(write),
    });
    const { client, clock, fleet, namespace } = this.ground;
    this.recorder = new Recorder({
      client,
      clock,
      registry: fleet.registry,
      namespace,
      nodes: this.#nodeLabels(),
      model: NAME,
    });
    this.#startedAt = this.now();
  }

  get limits(): NonNullable<EdgeRolloutSpec['limits']> {
    return { ...LIMITS, ...this.scenario.limits };
  }

  get nodes(): readonly NodeSpec[] {
    return this.ground.nodes;
  }

  get registry(): ImageRegistry {
    return this.ground.fleet.registry;
  }

  /** Ms since the epoch. */
  now(): number {
    return this.ground.clock.now();
  }

  /** Where the two grounds differ in how long something may take: a virtual hour costs nothing, a real one does. */
  either<T>(virtual: T, real: T): T {
    return this.ground.isReal ? real : virtual;
  }

  /** The name of a node, from its class and its number there. */
  named(hardwareClass: string, ordinal: number): string {
    const spec = this.nodes.filter((node) => node.hardwareClass === hardwareClass)[ordinal - 1];
    if (spec === undefined) throw new Error(`${this.scenario.name} has no node ${hardwareClass} ${ordinal}`);
    return spec.name;
  }

  node(name: string): NodeAgent {
    return this.ground.fleet.node(name);
  }

  async begin(): Promise<void> {
    await this.ground.start();
    await this.recorder.start();
    this.ground.startOperator();
  }

  /** The rollout, and version 1.0.0 on every node. */
  async install(spec: Partial<EdgeRolloutSpec> = {}, options: ModelOptions = {}): Promise<void> {
    await this.applyRollout(spec);
    await this.applyModel(options);
    await this.untilPromoted('1.0.0');
    // While there is a rollout and no model yet it says so.
    this.reasons.length = 0;
    // What was made in the last minutes is taken for new, not for returned; on real ground the nodes are old.
    if (!this.ground.isReal) await this.ground.pass(360);
  }

  async release(version: string, options: ModelOptions = {}): Promise<void> {
    await this.applyModel({ ...options, version });
  }

  async applyRollout(spec: Partial<EdgeRolloutSpec>, name = NAME): Promise<void> {
    const paced = this.either(spec, { ...QUICK, ...spec });
    const manifest = rollout({ limits: this.limits, ...paced }, name);
    await this.#apply(RESOURCES.edgeRollouts, manifest);
  }

  async applyModel(options: ModelOptions): Promise<void> {
    const { nodeSelector } = this.ground;
    await this.#apply(RESOURCES.edgeModels, model({ ...options, spec: { nodeSelector, ...options.spec } }));
  }

  async #apply(resource: (typeof RESOURCES)['edgeModels'], manifest: KubeObject): Promise<void> {
    const { client, namespace } = this.ground;
    const { name } = manifest.metadata;
    const object = { ...manifest, metadata: { ...manifest.metadata, namespace } };
    await client.apply(resource, namespace, name, object, { force: true });
  }

  model(name = NAME): Promise<EdgeModel> {
    return this.ground.client.get<EdgeModel>(RESOURCES.edgeModels, this.ground.namespace, name);
  }

  rollout(name = NAME): Promise<EdgeRollout> {
    return this.ground.client.get<EdgeRollout>(RESOURCES.edgeRollouts, this.ground.namespace, name);
  }

  state(): Promise<State> {
    return readState(this.ground.client, this.ground.namespace, { nodes: this.#nodeLabels() });
  }

  /** The pods that are to serve and are not on their way out. */
  async serving(): Promise<readonly ModelPod[]> {
    const pods = await this.pods();
    return pods.filter(({ model: its, role, deleting }) => its === NAME && role === 'serve' && !deleting);
  }

  /** How many nodes serve each version: `{ '1.0.0': 6 }`. */
  async versions(): Promise<Readonly<Record<string, number>>> {
    const counts: Record<string, number> = {};
    for (const { version, ready } of await this.serving()) {
      if (ready) counts[version] = (counts[version] ?? 0) + 1;
    }
    return counts;
  }

  /** As large as they are: `seconds` over the link of a node. */
  slowImages(version: string, seconds: number): void {
    for (const variant of ['orin', 'cpu']) {
      this.registry.setSize(`registry.example/defect:${version}-${variant}`, seconds * 50_000_000);
    }
  }

  async run(seconds: number): Promise<void> {
    const step = this.#step;
    for (let second = 0; second < seconds; second += step) {
      await this.ground.pass(step);
      await this.#look();
    }
  }

  /** So that what should not happen any more has had the time to. */
  async settle(seconds = 60): Promise<void> {
    await this.run(this.either(seconds, 5));
  }

  /** Whether it came within the limit; a scenario that must know says what should have come. */
  async comes(holds: () => Promise<boolean>, limitSeconds: number): Promise<boolean> {
    const until = this.now() + limitSeconds * 1_000;
    while (this.now() < until) {
      if (await holds()) return true;
      await this.run(this.#step);
    }
    return false;
  }

  /** Seconds between two looks: a real API server has other things to do than to be asked. */
  get #step(): number {
    return this.either(1, 2);
  }

  /** Errors: throws with the story so far where it does not come. */
  async until(what: string, holds: () => Promise<boolean>, limitSeconds = 900): Promise<void> {
    if (await this.comes(holds, limitSeconds)) return;
    throw new Error(`${this.scenario.name}: ${what}: not within ${limitSeconds} s\n${this.story()}`);
  }

  async untilPromoted(version: string, limitSeconds = 1_800, name = NAME): Promise<void> {
    await this.until(`${version} of ${name} is promoted`, () => this.isPromoted(version, name), limitSeconds);
  }

  async isPromoted(version: string, name = NAME): Promise<boolean> {
    const { metadata, spec, status } = await this.model(name);
    const current = spec.version === version && status?.observedGeneration === metadata.generation;
    return current && condition(status?.conditions, 'Ready')?.status === 'True';
  }

  async untilPhase(phase: string, wave?: string): Promise<void> {
    await this.until(`the rollout is ${phase} ${wave ?? ''}`, async () => {
      const [{ status }, { metadata }] = await Promise.all([this.rollout(), this.model()]);
      return (
        status?.phase === phase &&
        status.observedModelGeneration === metadata.generation &&
        (wave === undefined || status.wave?.name === wave)
      );
    });
  }

  async untilAllServe(version: string, limitSeconds = 900): Promise<void> {
    await this.until(`all serve ${version}`, () => this.allServe(version), limitSeconds);
  }

  async allServe(version: string): Promise<boolean> {
    const serving = await this.serving();
    return (
      serving.length === this.nodes.length && serving.every((pod) => pod.ready && pod.version === version)
    );
  }

  /** Whether all nodes can be reached: by the simulation itself, before the API server hears of it, and by their Nodes. */
  async areUp(): Promise<boolean> {
    const { nodes } = await this.state();
    return this.nodes.every(({ name }) => this.node(name).reachable && isReady(nodes.get(name)));
  }

  /** Whether a pod of the version is left, also one on its way out. */
  async runsAny(version: string): Promise<boolean> {
    return (await this.pods()).some((pod) => pod.version === version);
  }

  cutOff(...names: readonly string[]): void {
    for (const name of names) {
      this.node(name).cutOff();
      this.recorder.struck(name);
    }
  }

  powerOff(...names: readonly string[]): void {
    for (const name of names) {
      this.node(name).powerOff();
      this.recorder.struck(name);
    }
  }

  reconnect(...names: readonly string[]): void {
    for (const name of names) this.node(name).reconnect();
  }

  /** Until the node controller has noticed. */
  async untilDark(...names: readonly string[]): Promise<void> {
    await this.until(
      `${names.join(', ')} are not Ready`,
      async () => {
        const { nodes } = await this.state();
        return names.every((name) => !isReady(nodes.get(name)));
      },
      120,
    );
  }

  async stepOf(node: string, version: string): Promise<Step> {
    const pods = await this.pods();
    const mine = pods.filter((pod) => pod.node === node);
    const next = mine.find((pod) => pod.version === version && pod.role === 'serve');
    const old = mine.find((pod) => pod.version !== version && pod.role === 'serve');
    const fetch = mine.find((pod) => pod.version === version && pod.role === 'prefetch');
    if (next?.ready === true) return 'Serving';
    if (next?.started === true || (next !== undefined && old === undefined)) return 'Switching';
    if (next !== undefined) return 'Prefetching';
    if (old === undefined || old.deleting) return 'Switching';
    return fetch === undefined ? 'Waiting' : 'Prefetching';
  }

  /** The first node of a hardware class that is at the step. */
  async nodeAt(hardwareClass: string, step: Step, version: string): Promise<string> {
    let found: string | undefined;
    await this.until(`a node of ${hardwareClass} is ${step}`, async () => {
      for (const { name, hardwareClass: its } of this.nodes) {
        if (its === hardwareClass && (await this.stepOf(name, version)) === step) {
          found = name;
          return true;
        }
      }
      return false;
    });
    return found ?? '';
  }

  async pods(): Promise<readonly (ModelPod & { readonly started: boolean })[]> {
    const { client, namespace } = this.ground;
    const pods = await client.listAll<Pod>(RESOURCES.pods, { namespace });
    return pods.map((pod) => ({
      ...modelPod(pod),
      started: pod.status?.containerStatuses?.some(({ state }) => state.running !== undefined) ?? false,
    }));
  }

  async abort(): Promise<void> {
    const { client, namespace } = this.ground;
    const { candidate } = (await this.rollout()).status ?? {};
    const decision = `${candidate?.revision}.${candidate?.attempt ?? 1}`;
    await client.mergePatch(RESOURCES.edgeRollouts, namespace, NAME, {
      metadata: { annotations: { 'outrigger.dev/abort': decision } },
    });
  }

  startOperator(): void {
    this.ground.startOperator();
  }

  killOperator(): void {
    this.ground.killOperator();
  }

  async end(): Promise<Outcome> {
    const virtualSeconds = Math.round((this.now() - this.#startedAt) / 1_000);
    const gaps = await this.recorder.stop();
    const end = await this.#end();
    const { disturbances, starts, mostFetching, mostPulling, mostOut } = this.recorder;
    return {
      scenario: this.scenario.name,
      title: this.scenario.title,
      end,
      reasons: this.reasons,
      notes: this.notes,
      disturbances,
      starts,
      gaps,
      mostFetching,
      mostPulling,
      maxPrefetching: Number(this.limits.maxPrefetching),
      mostOut,
      violations: this.ground.violations,
      virtualSeconds,
    };
  }

  /** Gives back what was started, however the story ended. */
  async stop(): Promise<void> {
    await this.recorder.stop();
    await this.ground.stop();
  }

  story(): string {
    return [...this.#timeline.slice(-60), this.ground.story(), ...this.ground.violations].join('\n');
  }

  async #end(): Promise<Outcome['end']> {
    const [{ status: modelStatus }, { status }, state] = await Promise.all([
      this.model(),
      this.rollout(),
      this.state(),
    ]);
    const ready = condition(modelStatus?.conditions, 'Ready');
    const nodes = this.nodes.map(({ name }): NodeEnd => {
      const mine = state.pods.filter(
        ({ node, role, model: its }) => node === name && role === 'serve' && its === NAME,
      );
      return {
        node: name,
        variant: mine[0]?.variant ?? '',
        versions: mine.filter((pod) => pod.ready && !pod.deleting).map(({ version }) => version),
        holds: mine.map(({ version }) => version),
        ready: isReady(state.nodes.get(name)),
        reason: modelStatus?.exceptions?.find(({ node }) => node === name)?.reason,
      };
    });
    return {
      model: modelStatus?.phase ?? '',
      reason: ready?.reason ?? '',
      message: ready?.message ?? '',
      rollout: status?.phase ?? '',
      stable: modelStatus?.version,
      offline: modelStatus?.nodes?.offline ?? 0,
      lagging: modelStatus?.nodes?.lagging ?? 0,
      cohorts: (status?.cohorts ?? []).map(({ name, phase, reason }) => ({
        name,
        phase: phase ?? '',
        reason: reason ?? '',
      })),
      rejected: (status?.rejected ?? []).map(({ version, reason }) => ({ version: version ?? '', reason })),
      nodes,
    };
  }

  #nodeLabels(): string {
    const labels = Object.entries(this.ground.nodeSelector);
    return labels.map(([key, value]) => `${key}=${value}`).join(',');
  }

  async #look(): Promise<void> {
    const { status } = await this.rollout();
    const { phase, wave, updated, candidate, message } = status ?? {};
    const line = `${phase} ${candidate?.version ?? '-'} ${wave?.name ?? '-'} ${updated ?? ''} ${message}`;
    const before = this.#timeline.at(-1)?.slice(9);
    const at = `${Math.round((this.now() - this.#startedAt) / 1_000)} s`;
    if (line !== before) this.#timeline.push(`${at.padStart(7)}  ${line}`);
    const code = condition(status?.conditions, 'Ready')?.reason;
    if (code !== undefined && code !== this.reasons.at(-1)) this.reasons.push(code);
  }
}

/** Plays a scenario to its end. Errors: where the story did not go as told; the fleet is given back in any case. */
export async function play(
  scenario: Scenario,
  groundOf: (options: GroundOptions) => Ground = (options) => new DoubleGround(options),
): Promise<Outcome> {
  const stage = new Stage(scenario, groundOf);
  try {
    await stage.begin();
    await scenario.play(stage);
    return await stage.end();
  } finally {
    await stage.stop();
  }
}
