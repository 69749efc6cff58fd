import type { Clock } from '../../controller/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { behaviourOf, HEALTHY, type Behaviour } from '../inference/behaviour.ts';
import type { Environment } from '../inference/environment.ts';
import { random } from '../inference/random.ts';
import { refusal } from './admission.ts';
import type { Course } from './container-run.ts';
import { Gate } from './gate.ts';
import { Heartbeat } from './heartbeat.ts';
import { type ImageRegistry, ImageStore } from './image-store.ts';
import type { Node } from './node.ts';
import { nodeStatus } from './node-object.ts';
import { isOlder } from './object-version.ts';
import type { NodeSpec } from './node-spec.ts';
import { type ContainerSpec, isTerminal, type Pod } from './pod.ts';
import { PodWorker } from './pod-worker.ts';
import { type Amounts, amounts, isExtended } from './resources.ts';
import { ServingProcesses } from './serving-processes.ts';

export interface NodeAgentOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly registry: ImageRegistry;
  readonly environment: Environment;
  readonly seed: string;
  /** Its place in the fleet, from which addresses and the phase of its heartbeats follow. */
  readonly index: number;
  readonly note: (line: string) => void;
}

/** Until a model server answers its readiness probe, where its pod says nothing else. */
const READY_MS = 2_000;
/** How long a container runs that has an end: init containers, and pods that are not restarted. */
const JOB_MS = 1_000;
/** From a kernel panic until the node is up again: longer than the node controller waits, so that it is seen. */
const REBOOT_MS = 75_000;

/** A simulated kubelet with the node under it. */
export class NodeAgent {
  readonly spec: NodeSpec;
  readonly images: ImageStore;
  /** All delays of pods on this node are this many times as long. */
  slow = 1;
  /** Pulls fail for want of space. */
  fullDisk = false;
  /** Ms by which the node's clock is ahead; what the kubelet writes bears its times. */
  clockAhead = 0;
  readonly #options: NodeAgentOptions;
  readonly #online = new Gate(true);
  readonly #workers = new Map<string, PodWorker>();
  /** The pods of this node as the API server has them, also while it does not reach them. */
  readonly #pods = new Map<string, Pod>();
  readonly #serving: ServingProcesses;
  readonly #heartbeat: Heartbeat;
  readonly #hostIp: string;
  #node: Node | undefined;
  #connected = true;
  #powered = true;
  #boots = 1;
  #containers = 0;
  #podIps = 0;
  #devicesAt = 0;

  constructor(spec: NodeSpec, options: NodeAgentOptions) {
    this.spec = spec;
    this.#options = options;
    this.#hostIp = `192.168.${Math.floor(options.index / 250)}.${(options.index % 250) + 1}`;
    this.images = new ImageStore(options.registry, options.clock);
    this.#serving = new ServingProcesses(spec, options);
    this.#heartbeat = new Heartbeat({
      client: options.client,
      clock: options.clock,
      spec,
      online: this.#online,
      localTime: () => this.#localTime(),
      offset: Math.floor(random(`${options.seed}/${spec.name}/heartbeat`).uniform() * 10_000),
      shown: () => this.#node,
      status: () => this.#status(),
      written: (node) => this.observeNode(node),
    });
  }

  /** Whether anybody outside can reach the node: its API server, its Prometheus. */
  get reachable(): boolean {
    return this.#online.isOpen;
  }

  /** In a word, for people. */
  get state(): 'up' | 'cut off' | 'off' {
    if (!this.#powered) return 'off';
    return this.#connected ? 'up' : 'cut off';
  }

  async register(): Promise<void> {
    await this.#heartbeat.register();
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#heartbeat.run(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      for (const worker of this.#workers.values()) worker.dispose();
    }
  }

  /** The network goes away: no heartbeats, no status, no scrapes. What runs goes on running. */
  cutOff(): void {
    this.#connected = false;
    this.#note('cut off');
    this.#setOnline();
  }

  reconnect(): void {
    this.#connected = true;
    this.#note('reconnected');
    this.#setOnline();
  }

  powerOff(): void {
    if (!this.#powered) return;
    this.#powered = false;
    this.#note('power off');
    this.#setOnline();
    for (const worker of this.#workers.values()) worker.powerOff();
  }

  /** Power comes back. `devicesAfter`: ms until the device plugins have registered their devices again. */
  boot(options: { readonly devicesAfter?: number } = {}): void {
    if (this.#powered) this.powerOff();
    this.#powered = true;
    this.#boots++;
    this.#note('boots');
    this.#devicesAt = this.#options.clock.now() + (options.devicesAfter ?? 0);
    const workers = [...this.#workers.values()].filter((worker) => worker.active);
    workers.forEach((worker, index) => {
      this.#admit(worker, workers.slice(0, index));
    });
    this.#setOnline();
  }

  observeNode(node: Node): void {
    const known = this.#node;
    const replaced = known === undefined || known.metadata.uid !== node.metadata.uid;
    if (replaced || !isOlder(node, known)) this.#node = node;
  }

  observePod(pod: Pod): void {
    this.#pods.set(uidOf(pod), pod);
    if (this.reachable) this.#sync(pod);
  }

  podGone(pod: Pod): void {
    this.#pods.delete(uidOf(pod));
    if (this.reachable) this.#drop(uidOf(pod));
  }

  /** The metrics page of a pod; undefined where nothing answers. */
  metrics(namespace: string, name: string): string | undefined {
    return this.reachable ? this.#serving.page(namespace, name) : undefined;
  }

  #setOnline(): void {
    if (!this.#connected || !this.#powered) {
      this.#online.shut();
      return;
    }
    this.#online.open();
    for (const uid of this.#workers.keys()) if (!this.#pods.has(uid)) this.#drop(uid);
    for (const pod of this.#pods.values()) this.#sync(pod);
    this.#heartbeat.beat().catch(() => {});
  }

  #sync(pod: Pod): void {
    const known = this.#workers.get(uidOf(pod));
    if (known !== undefined) {
      known.update(pod);
      return;
    }
    const worker = new PodWorker(pod, {
      client: this.#options.client,
      clock: this.#options.clock,
      online: this.#online,
      hostIp: this.#hostIp,
      newPodIp: () => this.#newPodIp(),
      newContainerId: () => `containerd://${this.spec.name}-${this.#boots}-${++this.#containers}`,
      pull: (of, container, signal) => this.#pull(of, container, signal),
      start: (of, container, restart) => this.#start(of, container, restart),
      stopped: (of, container) => this.#serving.stopped(of, container),
      settle: () => this.#serving.settle(),
      delay: (ms) => ms * this.slow,
      note: (line) => this.#note(line),
    });
    const others = [...this.#workers.values()].filter((each) => each.active);
    this.#workers.set(uidOf(pod), worker);
    if (pod.metadata.deletionTimestamp !== undefined) worker.update(pod);
    else if (!isTerminal(pod)) this.#admit(worker, others);
  }

  #admit(worker: PodWorker, beside: readonly PodWorker[]): void {
    const node: Node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: this.spec.name, labels: this.spec.labels },
    };
    const shown = this.#node ?? node;
    const admitted = beside.filter((each) => each.active).map((each) => each.pod);
    const status = { ...shown.status, allocatable: this.spec.capacity };
    const refused = refusal(worker.pod, { ...shown, status }, admitted, this.#devices());
    if (refused === undefined) worker.start();
    else worker.refuse(refused);
  }

  #drop(uid: string): void {
    this.#workers.get(uid)?.dispose();
    this.#workers.delete(uid);
  }

  async #pull(pod: Pod, container: ContainerSpec, signal: AbortSignal): Promise<void> {
    const scripted = this.#behaviour(pod).imagePull;
    const conditions = () => ({
      bandwidth: this.spec.bandwidth / this.slow,
      diskFull: this.fullDisk,
      online: () => this.reachable,
      scripted,
    });
    const volumes = (pod.spec.volumes ?? []).map((volume) => volume.image?.reference);
    for (const reference of [container.image, ...volumes]) {
      if (reference !== undefined) await this.images.pull(reference, conditions, signal);
    }
  }

  #start(pod: Pod, container: ContainerSpec, restart: number): Course {
    // Here, and not before, so that a wrong annotation is told where people look for it.
    const behaviour = behaviourOf(pod.metadata.annotations);
    const endless = pod.spec.restartPolicy === undefined || pod.spec.restartPolicy === 'Always';
    const init = pod.spec.initContainers?.find((each) => each.name === container.name);
    if (init !== undefined ? init.restartPolicy !== 'Always' : !endless) {
      return { readyAfter: 0, ends: { after: JOB_MS * this.slow, exitCode: 0 } };
    }
    if (!this.#serving.serves(pod, container)) return { readyAfter: 0, ends: undefined };
    if (behaviour.panicAfter !== undefined) void this.#panic(pod, behaviour.panicAfter);
    this.#serving.started(pod, behaviour, restart, () => this.#workers.get(uidOf(pod))?.ready ?? false);
    return {
      readyAfter: behaviour.neverReady ? undefined : (behaviour.readyAfter ?? READY_MS * this.slow),
      ends: behaviour.crashAfter === undefined ? undefined : { after: behaviour.crashAfter, exitCode: 1 },
    };
  }

  /** The container takes its whole node down, unless it was stopped before. */
  async #panic(pod: Pod, after: number): Promise<void> {
    const { clock } = this.#options;
    const boots = this.#boots;
    await clock.sleep(after);
    const runs = this.#workers.get(uidOf(pod))?.active === true;
    if (!runs || !this.#powered || this.#boots !== boots) return;
    this.#note('kernel panic');
    this.powerOff();
    await clock.sleep(REBOOT_MS);
    if (!this.#powered && this.#boots === boots) this.boot();
  }

  #behaviour(pod: Pod): Behaviour {
    try {
      return behaviourOf(pod.metadata.annotations);
    } catch {
      return HEALTHY;
    }
  }

  #devices(): Amounts {
    const extended = Object.entries(amounts(this.spec.capacity)).filter(([resource]) => isExtended(resource));
    const registered = this.#options.clock.now() >= this.#devicesAt;
    return Object.fromEntries(extended.map(([resource, count]) => [resource, registered ? count : 0]));
  }

  #status() {
    return nodeStatus(
      this.spec,
      {
        now: this.#localTime(),
        bootId: `boot-${this.spec.name}-${this.#boots}`,
        address: this.#hostIp,
        diskFull: this.fullDisk,
        devices: this.#devices(),
      },
      this.#node?.status,
    );
  }

  #localTime(): number {
    return this.#options.clock.now() + this.clockAhead;
  }

  #note(line: string): void {
    this.#options.note(`${this.spec.name}: ${line}`);
  }

  #newPodIp(): string {
    const { index } = this.#options;
    this.#podIps = (this.#podIps % 250) + 1;
    return `10.${42 + Math.floor(index / 250)}.${index % 250}.${this.#podIps}`;
  }
}

function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? '';
}
