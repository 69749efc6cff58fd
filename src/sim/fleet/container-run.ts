import type { Clock } from '../../controller/clock.ts';
import type { ContainerSpec, ContainerState, ContainerStatus } from './pod.ts';
import { timestamp } from './timestamps.ts';

/** Real kubelets double from 10 s to 5 minutes, and forget after 10 minutes without a crash. */
export const BACKOFF = { baseMs: 10_000, maxMs: 300_000, forgetMs: 600_000 };
/** Between the end of a process and its restart, or its first retry: a turn of the kubelet's loop. */
const RESTART_MS = 1_000;

/** How a started process of the container goes on. */
export interface Course {
  /** Ms until the process answers its readiness probe; undefined: never. */
  readonly readyAfter: number | undefined;
  /** The end of the process; undefined: it runs until it is stopped. */
  readonly ends: { readonly after: number; readonly exitCode: number } | undefined;
}

/** What a container needs of its node and pod. */
export interface ContainerHost {
  readonly clock: Clock;
  /** In messages: `name_namespace(uid)`. */
  readonly podTitle: string;
  newContainerId(): string;
  /** Brings the image, and those of the volumes, to the node. Errors: an Error with the runtime's message. */
  pull(container: ContainerSpec, signal: AbortSignal): Promise<void>;
  /** Called for every start of a process. Errors: a message that becomes CreateContainerConfigError. */
  start(container: ContainerSpec, restart: number): Course;
  /** Ms from created to running. */
  startDelay(): number;
  stopped(container: ContainerSpec): void;
  /** Called before `ready` changes: requests until now went where they went. */
  settle(): void;
  changed(): void;
}

/** One container on its node, over all its restarts: the part of a kubelet that is seen in containerStatuses. */
export class ContainerRun {
  state: ContainerState = { waiting: { reason: 'ContainerCreating' } };
  lastState: ContainerState = {};
  ready = false;
  restartCount = 0;
  readonly spec: ContainerSpec;
  readonly #host: ContainerHost;
  readonly #restarts: 'Always' | 'OnFailure' | 'Never';
  #containerId: string | undefined;
  #crashes = 0;

  constructor(spec: ContainerSpec, restarts: 'Always' | 'OnFailure' | 'Never', host: ContainerHost) {
    this.spec = spec;
    this.#restarts = restarts;
    this.#host = host;
  }

  get running(): boolean {
    return this.state.running !== undefined;
  }

  /** Resolves with the exit code when the container has ended for good; rejects when the signal ends it. */
  async run(signal: AbortSignal): Promise<number> {
    await this.#pullUntilThere(signal);
    for (;;) {
      const exitCode = await this.#process(signal);
      if (this.#restarts === 'Never' || (this.#restarts === 'OnFailure' && exitCode === 0)) return exitCode;
      await this.#backOff(signal);
      this.restartCount++;
    }
  }

  /** Ends the running process, if there is one: the pod is being stopped, or its node lost power. */
  stop(exitCode: number, reason: string): void {
    if (this.state.running !== undefined) this.#end(exitCode, reason);
  }

  /** After a boot: what ran before is the last state, and the next start is a restart. */
  rebooted(): void {
    if (this.state.terminated !== undefined) {
      this.lastState = { terminated: this.state.terminated };
      this.restartCount++;
    }
    this.state = { waiting: { reason: 'ContainerCreating' } };
    this.#setReady(false);
  }

  /** Takes up a container that an earlier process of the fleet ran: it starts again, as after a reboot. */
  resume(shown: ContainerStatus): void {
    const { restartCount, state, lastState, containerID = '' } = shown;
    this.restartCount = restartCount;
    this.lastState = lastState ?? {};
    if (state.terminated !== undefined) this.state = { terminated: state.terminated };
    if (state.running === undefined) return;
    const { startedAt } = state.running;
    const finishedAt = timestamp(this.#host.clock.now());
    this.state = { terminated: { exitCode: 255, reason: 'Unknown', startedAt, finishedAt, containerID } };
  }

  status(): ContainerStatus {
    const image = this.spec.image ?? '';
    return {
      name: this.spec.name,
      state: this.state,
      lastState: this.lastState,
      ready: this.ready,
      started: this.running,
      restartCount: this.restartCount,
      image,
      imageID: this.#containerId === undefined ? '' : image,
      ...(this.#containerId !== undefined && { containerID: this.#containerId }),
    };
  }

  async #pullUntilThere(signal: AbortSignal): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        await this.#host.pull(this.spec, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        const message = error instanceof Error ? error.message : String(error);
        this.#wait('ErrImagePull', message);
        await this.#host.clock.sleep(RESTART_MS, signal);
        this.#wait(
          'ImagePullBackOff',
          `Back-off pulling image "${this.spec.image}": ErrImagePull: ${message}`,
        );
        await this.#host.clock.sleep(backoffAfter(failures), signal);
      }
    }
  }

  async #process(signal: AbortSignal): Promise<number> {
    const { clock } = this.#host;
    await clock.sleep(this.#host.startDelay(), signal);
    const course = await this.#startUntilPossible(signal);
    const startedAt = clock.now();
    this.#containerId = this.#host.newContainerId();
    this.state = { running: { startedAt: timestamp(startedAt) } };
    this.#host.changed();
    const { readyAfter, ends } = course;
    if (readyAfter !== undefined && (ends === undefined || readyAfter < ends.after)) {
      await clock.sleep(readyAfter, signal);
      this.#setReady(true);
      this.#host.changed();
    }
    if (ends === undefined) return await untilAborted(signal);
    await clock.sleep(startedAt + ends.after - clock.now(), signal);
    if (clock.now() - startedAt >= BACKOFF.forgetMs) this.#crashes = 0;
    this.#end(ends.exitCode, ends.exitCode === 0 ? 'Completed' : 'Error');
    return ends.exitCode;
  }

  async #startUntilPossible(signal: AbortSignal): Promise<Course> {
    for (;;) {
      try {
        return this.#host.start(this.spec, this.restartCount);
      } catch (error) {
        this.#wait('CreateContainerConfigError', error instanceof Error ? error.message : String(error));
        await this.#host.clock.sleep(BACKOFF.baseMs, signal);
      }
    }
  }

  /** The first restart comes at once; each further one waits twice as long as the one before. */
  async #backOff(signal: AbortSignal): Promise<void> {
    this.#crashes++;
    await this.#host.clock.sleep(RESTART_MS, signal);
    if (this.state.terminated !== undefined) this.lastState = { terminated: this.state.terminated };
    if (this.#crashes === 1) return;
    const delay = backoffAfter(this.#crashes - 1);
    this.#wait(
      'CrashLoopBackOff',
      `back-off ${goDuration(delay)} restarting failed container=${this.spec.name} pod=${this.#host.podTitle}`,
    );
    await this.#host.clock.sleep(delay, signal);
  }

  #end(exitCode: number, reason: string): void {
    const finishedAt = timestamp(this.#host.clock.now());
    const startedAt = this.state.running?.startedAt ?? finishedAt;
    const containerID = this.#containerId ?? '';
    this.state = { terminated: { exitCode, reason, startedAt, finishedAt, containerID } };
    this.#setReady(false);
    this.#host.stopped(this.spec);
    this.#host.changed();
  }

  #setReady(ready: boolean): void {
    if (ready === this.ready) return;
    this.#host.settle();
    this.ready = ready;
  }

  #wait(reason: string, message: string): void {
    this.state = { waiting: { reason, message } };
    this.#setReady(false);
    this.#host.changed();
  }
}

function backoffAfter(failures: number): number {
  return Math.min(BACKOFF.baseMs * 2 ** Math.min(failures - 1, 20), BACKOFF.maxMs);
}

/** As Go prints it: 10s, 1m20s, 5m0s. */
function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
