import { decide } from '../../src/core/decide.ts';
import { KubeClient } from '../../src/kube/client.ts';
import { HttpsTransport } from '../../src/kube/https-transport.ts';
import { loadKubeConfig } from '../../src/kube/kubeconfig.ts';
import { createOperator, type Operator } from '../../src/operator/create-operator.ts';
import { PrometheusEvidenceSource } from '../../src/prometheus/evidence-source.ts';
import { nodeExchange } from '../../src/prometheus/node-exchange.ts';
import { removeFleet } from '../../src/sim/fleet/cleanup.ts';
import { FleetAgent } from '../../src/sim/fleet/fleet-agent.ts';
import type { NodeSpec } from '../../src/sim/fleet/node-spec.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { systemClock } from '../../src/telemetry/system-clock.ts';
import { AgedNodes } from '../operator/aged-nodes.ts';
import { Invariants } from '../operator/invariants.ts';
import { readState } from '../operator/state.ts';
import { Tap } from '../operator/tap.ts';
import type { Write } from '../operator/write.ts';
import type { Ground, GroundOptions } from './ground.ts';

/** Where a real control plane is. */
export interface RealCluster {
  readonly kubeconfig: string;
  /** The address of its Prometheus. */
  readonly prometheus: string;
  /** Of this story alone. */
  readonly namespace: string;
}

/** Tells the nodes of one story from those of the stories beside it. */
const STORY_LABEL = 'story';

/** A watch is told of a dark node in a moment; what was decided in it takes so long to arrive on a busy machine. */
const HEARD_WITHIN_MS = 8_000;

/** Longer than any story takes where it goes as told. */
const LIMIT_MS = 430_000;

interface RunningOperator {
  readonly tap: Tap;
  readonly operator: Operator;
  end(): Promise<void>;
}

/**
 * A real control plane, which other stories share: nodes of its own, under names of its own, and an operator for its
 * namespace, in this process, so that each of its requests can be seen.
 */
export class RealGround implements Ground {
  readonly clock = systemClock;
  readonly isReal = true;
  readonly client: KubeClient;
  readonly fleet: FleetAgent;
  readonly namespace: string;
  readonly nodes: readonly NodeSpec[];
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly #cluster: RealCluster;
  readonly #options: GroundOptions;
  readonly #transports: HttpsTransport[] = [];
  readonly #operators: RunningOperator[] = [];
  readonly #invariants = new Invariants({ heardWithinMs: HEARD_WITHIN_MS });
  readonly #over = new AbortController();
  readonly #log: string[] = [];
  readonly #deadline = Date.now() + LIMIT_MS;
  #fleetDone: Promise<unknown> = Promise.resolve();

  constructor(cluster: RealCluster, options: GroundOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.namespace = cluster.namespace;
    this.nodeSelector = { 'site-type': 'factory', [STORY_LABEL]: options.name };
    this.nodes = options.nodes.map((node) => this.#own(node));
    this.client = this.#newClient('test');
    this.fleet = new FleetAgent({
      client: this.#newClient('kubelet'),
      clock: this.clock,
      nodes: this.nodes,
      seed: options.name,
      hears: { nodes: `${STORY_LABEL}=${options.name}`, namespace: cluster.namespace },
      note: (line) => this.#note(line),
    });
  }

  get violations(): string[] {
    return this.#invariants.violations;
  }

  async start(): Promise<void> {
    const { done } = await this.fleet.start(this.#over.signal);
    this.#fleetDone = done;
  }

  startOperator(): void {
    const name = `operator-${this.#operators.length + 1}`;
    const tap = new Tap(new AgedNodes(this.#newTransport()), {
      operator: name,
      now: () => this.clock.now(),
      before: (write) => this.#beforeWrite(write),
    });
    const prometheus = nodeExchange();
    const operator = createOperator({
      client: new KubeClient(tap, { fieldManager: 'outrigger', clock: this.clock }),
      clock: this.clock,
      metrics: new PrometheusEvidenceSource(prometheus.exchange),
      random: Math.random,
      log: createLog('info', (line) => this.#note(`${name} ${line}`)),
      settings: { pauseImage: 'registry.example/pause:3.10', prometheusAddress: this.#cluster.prometheus },
      decide,
      identity: `${this.#options.name}-${name}`,
      namespace: this.namespace,
    });
    // One that was killed ends in errors, which are nobody's any more.
    const running = operator.start().catch((error: unknown) => this.#note(`${name} ended: ${String(error)}`));
    this.#operators.push({
      tap,
      operator,
      end: async () => {
        await operator.stop().catch(() => {});
        await running;
        prometheus.close();
      },
    });
  }

  killOperator(): void {
    const last = this.#operators.at(-1);
    last?.tap.kill();
    void last?.end();
  }

  /** Errors: throws where the story takes longer than any that goes as told. */
  async pass(seconds: number): Promise<void> {
    if (this.clock.now() > this.#deadline) {
      throw new Error(`${this.#options.name}: has not ended after ${LIMIT_MS / 1_000} s\n${this.story()}`);
    }
    await this.clock.sleep(seconds * 1_000);
  }

  story(): string {
    return this.#log.slice(-60).join('\n');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#operators.map((each) => each.end()));
    this.#over.abort();
    await this.#fleetDone.catch(() => {});
    await removeFleet(this.client, `${STORY_LABEL}=${this.#options.name}`);
    await Promise.all(this.#transports.map((each) => each.close()));
  }

  async #beforeWrite(write: Write): Promise<void> {
    this.#options.onWrite(write);
    if (write.resource.startsWith('edge')) this.#invariants.checkSpec(write);
    // Not of each status write: five lists before each request are a load of their own.
    if (!/^(pods|controllerrevisions)/.test(write.resource)) return;
    const nodes = `${STORY_LABEL}=${this.#options.name}`;
    this.#invariants.check(write, await readState(this.client, this.namespace, { nodes }));
  }

  /** The same node, as no other story has it. */
  #own(node: NodeSpec): NodeSpec {
    const name = node.name.replace(/^edge/, this.#options.name);
    return {
      ...node,
      name,
      labels: { ...node.labels, 'kubernetes.io/hostname': name, [STORY_LABEL]: this.#options.name },
    };
  }

  #newClient(fieldManager: string): KubeClient {
    return new KubeClient(this.#newTransport(), { fieldManager, clock: this.clock });
  }

  #newTransport(): HttpsTransport {
    const { kubeconfig } = this.#cluster;
    const load = () => loadKubeConfig({ kubeconfig, env: {} });
    const transport = new HttpsTransport({ load, clock: this.clock });
    this.#transports.push(transport);
    return transport;
  }

  #note(line: string): void {
    this.#log.push(`${new Date(this.clock.now()).toISOString().slice(11, 19)} ${line}`);
  }
}
