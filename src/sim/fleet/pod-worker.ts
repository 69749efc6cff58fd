import type { Clock } from '../../controller/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { RESOURCES } from '../../kube/resource.ts';
import type { Refusal } from './admission.ts';
import { ContainerRun, type Course } from './container-run.ts';
import type { Gate } from './gate.ts';
import { type ContainerSpec, isTerminal, type Pod, type PodStatus } from './pod.ts';
import { podStatus, refusedStatus } from './pod-status.ts';
import { PodStatusWriter } from './pod-status-writer.ts';
import { isOlder } from './object-version.ts';
import { isSidecar } from './resources.ts';

/** What a pod needs of its node. */
export interface PodHost {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly online: Gate;
  readonly hostIp: string;
  newPodIp(): string;
  newContainerId(): string;
  pull(pod: Pod, container: ContainerSpec, signal: AbortSignal): Promise<void>;
  start(pod: Pod, container: ContainerSpec, restart: number): Course;
  stopped(pod: Pod, container: ContainerSpec): void;
  settle(): void;
  /** Ms, longer on a slow node. */
  delay(ms: number): number;
  note(line: string): void;
}

const SANDBOX_MS = 500;
const START_MS = 300;
const STOP_MS = 1_000;
const DELETE_RETRY_MS = 1_000;

/** One pod on one node, from its admission to its end. */
export class PodWorker {
  #pod: Pod;
  readonly #host: PodHost;
  readonly #init: readonly ContainerRun[];
  readonly #containers: readonly ContainerRun[];
  readonly #over = new AbortController();
  readonly #writer: PodStatusWriter;
  #life: AbortController | undefined;
  #refused: Refusal | undefined;
  #podIp: string | undefined;
  #startedAt: number;
  #stopping = false;
  #ended: boolean;
  #told = '';

  constructor(pod: Pod, host: PodHost) {
    this.#pod = pod;
    this.#host = host;
    this.#startedAt = Date.parse(pod.status?.startTime ?? '') || host.clock.now();
    this.#ended = isTerminal(pod);
    const policy = pod.spec.restartPolicy ?? 'Always';
    const run = (spec: ContainerSpec, restarts: 'Always' | 'OnFailure' | 'Never'): ContainerRun =>
      new ContainerRun(spec, restarts, {
        clock: host.clock,
        podTitle: `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`,
        newContainerId: () => host.newContainerId(),
        pull: (container, signal) => host.pull(this.#pod, container, signal),
        start: (container, restart) => host.start(this.#pod, container, restart),
        startDelay: () => host.delay(START_MS),
        stopped: (container) => host.stopped(this.#pod, container),
        settle: () => host.settle(),
        changed: () => this.#changed(),
      });
    const initPolicy = policy === 'Never' ? 'Never' : 'OnFailure';
    this.#init = (pod.spec.initContainers ?? []).map((spec) =>
      run(spec, isSidecar(spec) ? 'Always' : initPolicy),
    );
    this.#containers = pod.spec.containers.map((spec) => run(spec, policy));
    const shown = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    for (const each of this.#runs) {
      const before = shown.find((status) => status.name === each.spec.name);
      if (before !== undefined) each.resume(before);
    }
    this.#writer = new PodStatusWriter(pod, {
      client: host.client,
      clock: host.clock,
      online: host.online,
      signal: this.#over.signal,
      status: () => this.#status(),
      written: (written) => this.#see(written),
      gone: () => this.dispose(),
    });
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** Whether it holds resources of its node. */
  get active(): boolean {
    return !this.#ended && !this.#over.signal.aborted;
  }

  get ready(): boolean {
    return this.#containers.every((each) => each.ready);
  }

  /** Starts its containers: after admission, and again after each boot. */
  start(): void {
    if (!this.active || this.#stopping) return;
    for (const each of this.#runs) each.rebooted();
    const life = new AbortController();
    this.#life = life;
    this.#podIp = undefined;
    this.#writer.changed();
    this.#live(life.signal).catch((error: unknown) => {
      if (!life.signal.aborted) throw error;
    });
  }

  refuse(refused: Refusal): void {
    this.#refused = refused;
    this.#ended = true;
    this.#host.note(`pod ${this.#pod.metadata.name} refused: ${refused.reason}: ${refused.message}`);
    this.#writer.changed();
  }

  /** The pod as the API server has it. */
  update(pod: Pod): void {
    this.#see(pod);
    if (pod.metadata.deletionTimestamp !== undefined) this.#terminate();
    else if (this.#drifted(pod)) {
      this.#writer.forget();
      this.#writer.changed();
    }
  }

  /** Everything stops at once; nothing is written. */
  powerOff(): void {
    this.#life?.abort();
    for (const each of this.#runs) each.stop(255, 'Unknown');
  }

  /** The pod is gone from the API server, or the fleet stops. */
  dispose(): void {
    this.#over.abort();
    this.#life?.abort();
    for (const each of this.#runs) each.stop(137, 'Error');
  }

  #changed(): void {
    this.#writer.changed();
    if (this.#over.signal.aborted) return;
    const news = this.#runs.map(newsOf).find((each) => each !== undefined) ?? (this.ready ? 'Ready' : '');
    if (news !== '' && news !== this.#told) this.#host.note(`pod ${this.#pod.metadata.name}: ${news}`);
    this.#told = news;
  }

  get #runs(): readonly ContainerRun[] {
    return [...this.#init, ...this.#containers];
  }

  async #live(signal: AbortSignal): Promise<void> {
    const { clock } = this.#host;
    await clock.sleep(this.#host.delay(SANDBOX_MS), signal);
    this.#podIp = this.#host.newPodIp();
    this.#writer.changed();
    for (const each of this.#init) {
      if (isSidecar(each.spec)) {
        each.run(signal).catch(() => {});
        while (!each.running) await clock.sleep(SANDBOX_MS, signal);
      } else if ((await each.run(signal)) !== 0) {
        this.#finish();
        return;
      }
    }
    await Promise.all(this.#containers.map((each) => each.run(signal)));
    this.#finish();
  }

  #finish(): void {
    this.#ended = true;
    this.#life?.abort();
    for (const each of this.#init) each.stop(0, 'Completed');
    this.#writer.changed();
  }

  #terminate(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#life?.abort();
    this.#stopAndDelete().catch((error: unknown) => {
      if (!this.#over.signal.aborted) throw error;
    });
  }

  async #stopAndDelete(): Promise<void> {
    const { client, clock, online } = this.#host;
    const { signal } = this.#over;
    const { name, namespace, uid } = this.#pod.metadata;
    if (this.#runs.some((each) => each.running)) {
      const grace = (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000;
      await clock.sleep(Math.min(grace, this.#host.delay(STOP_MS)), signal);
      for (const each of this.#runs) each.stop(0, 'Completed');
      await this.#writer.flushed();
    }
    this.#ended = true;
    while (!signal.aborted) {
      await online.wait(signal);
      try {
        await client.delete(RESOURCES.pods, namespace, name, {
          gracePeriodSeconds: 0,
          ...(uid !== undefined && { uid }),
        });
        return;
      } catch (error) {
        if (isApiError(error, 'notFound') || isApiError(error, 'conflict')) return;
        await clock.sleep(DELETE_RETRY_MS, signal);
      }
    }
  }

  #see(pod: Pod): void {
    // A watch event can be older than the answer to one's own write.
    if (!isOlder(pod, this.#pod)) this.#pod = pod;
  }

  /** Whether somebody else changed the status: the node lifecycle controller marks pods of a silent node not Ready. */
  #drifted(pod: Pod): boolean {
    if (pod !== this.#pod || pod.status?.phase === undefined || this.#life === undefined) return false;
    const shown = pod.status.conditions?.find((condition) => condition.type === 'Ready');
    const own = this.#status().conditions?.find((condition) => condition.type === 'Ready');
    return shown !== undefined && shown.status !== own?.status;
  }

  #status(): PodStatus {
    const now = this.#host.clock.now();
    if (this.#refused !== undefined) return refusedStatus(this.#pod, now, this.#refused);
    return podStatus(this.#pod, {
      now,
      hostIp: this.#host.hostIp,
      podIp: this.#podIp,
      startedAt: this.#startedAt,
      init: this.#init.map((each) => each.status()),
      containers: this.#containers.map((each) => each.status()),
      stopping: this.#stopping,
    });
  }
}

/** What people would want to hear of a container: that it does not come up, or ended badly. */
function newsOf(run: ContainerRun): string | undefined {
  const { waiting, terminated } = run.state;
  // From 128 on it was a signal or the loss of power, and not the process's own doing.
  if (terminated !== undefined && terminated.exitCode > 0 && terminated.exitCode < 128) {
    return `${run.spec.name} ended with exit code ${terminated.exitCode}`;
  }
  if (waiting?.message === undefined) return undefined;
  return `${run.spec.name}: ${waiting.reason}: ${waiting.message}`;
}
