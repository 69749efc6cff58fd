import type { EdgeRolloutSpec } from '../../src/api/edge-rollout.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import type { NodeSpec } from '../../src/sim/fleet/node-spec.ts';
import type { Pod } from '../../src/sim/fleet/pod.ts';
import { condition, Lab, NAMESPACE } from '../operator/harness.ts';
import { model, type ModelOptions, NAME, rollout } from '../operator/manifests.ts';
import { isReady, type ModelPod, modelPod } from '../operator/state.ts';
import type { NodeEnd, Outcome } from './outcome.ts';
import { Recorder } from './recorder.ts';

/** A story on the double: what happens to the fleet, to its end. */
export interface Scenario {
  readonly name: string;
  /** What happens, in a sentence for the table. */
  readonly title: string;
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

/** A lab with a recorder in it, and the words in which scenarios are told. */
export class Stage {
  readonly lab: Lab;
  readonly recorder: Recorder;
  readonly scenario: Scenario;
  readonly notes: Record<string, unknown> = {};
  readonly reasons: string[] = [];
  readonly #startedAt: number;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.lab = new Lab({
      nodes: scenario.nodes,
      ...(scenario.sampled !== undefined && { checkEvery: scenario.sampled }),
      onWrite: (write) => this.recorder.wrote(write),
    });
    const { client, apiServer, clock, fleet } = this.lab.simulation;
    this.recorder = new Recorder({
      client,
      apiServer,
      clock,
      registry: fleet.registry,
      namespace: NAMESPACE,
    });
    this.#startedAt = this.lab.now();
  }

  get limits(): NonNullable<EdgeRolloutSpec['limits']> {
    return { ...LIMITS, ...this.scenario.limits };
  }

  async begin(): Promise<void> {
    await this.lab.simulation.start();
    await this.recorder.start();
    this.lab.startOperator();
  }

  /** The rollout, and version 1.0.0 on every node. */
  async install(spec: Partial<EdgeRolloutSpec> = {}, options: ModelOptions = {}): Promise<void> {
    await this.lab.apply(rollout({ limits: this.limits, ...spec }));
    await this.lab.apply(model(options));
    await this.lab.untilReady('1.0.0');
    // What was made in the last minutes is taken for new, not for returned.
    await this.lab.simulation.clock.advance(360_000);
  }

  async release(version: string, options: ModelOptions = {}): Promise<void> {
    await this.lab.apply(model({ ...options, version }));
  }

  /** As large as they are: `seconds` over the link of a node. */
  slowImages(version: string, seconds: number): void {
    for (const variant of ['orin', 'cpu']) {
      this.lab.simulation.fleet.registry.setSize(
        `registry.example/defect:${version}-${variant}`,
        seconds * 50_000_000,
      );
    }
  }

  async run(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.lab.run(1);
      await this.#noteReason();
    }
  }

  /** Whether it came within the limit; a scenario that must know says what should have come. */
  async comes(holds: () => Promise<boolean>, limitSeconds: number): Promise<boolean> {
    for (let second = 0; second < limitSeconds; second++) {
      if (await holds()) return true;
      await this.run(1);
    }
    return false;
  }

  /** Errors: throws with the story so far where it does not come. */
  async until(what: string, holds: () => Promise<boolean>, limitSeconds = 900): Promise<void> {
    if (await this.comes(holds, limitSeconds)) return;
    throw new Error(`${this.scenario.name}: ${what}: not within ${limitSeconds} s\n${this.lab.story()}`);
  }

  async untilPromoted(version: string, limitSeconds = 1_800): Promise<void> {
    await this.until(`${version} is promoted`, () => this.isPromoted(version), limitSeconds);
  }

  async isPromoted(version: string): Promise<boolean> {
    const { metadata, spec, status } = await this.lab.model();
    const current = spec.version === version && status?.observedGeneration === metadata.generation;
    return current && condition(status?.conditions, 'Ready')?.status === 'True';
  }

  async untilPhase(phase: string, wave?: string): Promise<void> {
    await this.until(`the rollout is ${phase} ${wave ?? ''}`, async () => {
      const [{ status }, { metadata }] = await Promise.all([this.lab.rollout(), this.lab.model()]);
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
    const serving = await this.lab.serving();
    return (
      serving.length === this.scenario.nodes.length &&
      serving.every((pod) => pod.ready && pod.version === version)
    );
  }

  cutOff(...names: readonly string[]): void {
    for (const name of names) {
      this.lab.simulation.fleet.node(name).cutOff();
      this.recorder.struck(name);
    }
  }

  powerOff(...names: readonly string[]): void {
    for (const name of names) {
      this.lab.simulation.fleet.node(name).powerOff();
      this.recorder.struck(name);
    }
  }

  reconnect(...names: readonly string[]): void {
    for (const name of names) this.lab.simulation.fleet.node(name).reconnect();
  }

  /** Until the node controller has noticed. */
  async untilDark(...names: readonly string[]): Promise<void> {
    await this.until(
      `${names.join(', ')} are not Ready`,
      async () => {
        const { nodes } = await this.lab.state();
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
      for (const { name, hardwareClass: its } of this.scenario.nodes) {
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
    const pods = await this.lab.client.listAll<Pod>(RESOURCES.pods, { namespace: NAMESPACE });
    return pods.map((pod) => ({
      ...modelPod(pod),
      started: pod.status?.containerStatuses?.some(({ state }) => state.running !== undefined) ?? false,
    }));
  }

  async abort(): Promise<void> {
    const { candidate } = (await this.lab.rollout()).status ?? {};
    await this.lab.annotate(NAME, {
      'outrigger.dev/abort': `${candidate?.revision}.${candidate?.attempt ?? 1}`,
    });
  }

  async end(): Promise<Outcome> {
    const virtualSeconds = Math.round((this.lab.now() - this.#startedAt) / 1_000);
    const gaps = await this.recorder.stop();
    const end = await this.#end();
    const { violations } = this.lab.invariants;
    const broken = [...violations];
    violations.length = 0;
    await this.lab.stop();
    const { disturbances, starts, mostFetching, mostOut } = this.recorder;
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
      maxPrefetching: Number(this.limits.maxPrefetching),
      mostOut,
      violations: broken,
      virtualSeconds,
    };
  }

  async #end(): Promise<Outcome['end']> {
    const [{ status: modelStatus }, { status }, state] = await Promise.all([
      this.lab.model(),
      this.lab.rollout(),
      this.lab.state(),
    ]);
    const ready = condition(modelStatus?.conditions, 'Ready');
    const nodes = this.scenario.nodes.map(({ name }): NodeEnd => {
      const mine = state.pods.filter(({ node, role }) => node === name && role === 'serve');
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

  async #noteReason(): Promise<void> {
    const { status } = await this.lab.rollout();
    const now = condition(status?.conditions, 'Ready')?.reason;
    if (now !== undefined && now !== this.reasons.at(-1)) this.reasons.push(now);
  }
}

/** Plays a scenario to its end. Errors: where the story did not go as told; the fleet is given back in any case. */
export async function play(scenario: Scenario): Promise<Outcome> {
  const stage = new Stage(scenario);
  await stage.begin();
  let outcome: Outcome | undefined;
  try {
    await scenario.play(stage);
  } finally {
    outcome = await stage.end();
  }
  return outcome;
}
