import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerStatus } from '../../src/sim/fleet/pod.ts';
import { timestamp } from '../../src/sim/fleet/timestamps.ts';
import { type Probe, runProbe } from './operator-pods-probe.ts';
import type { ServerContainer } from './operator-pods-spec.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
/** As a kubelet: the first restart is at once, the next ones wait longer and longer. */
const FIRST_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 300_000;

export interface ContainerOptions {
  readonly spec: ServerContainer;
  /** With the variables in them expanded. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A free port of 127.0.0.1 that stands for the container's 8080: here all pods share one machine. */
  readonly port: number;
  readonly graceMs: number;
  /** Told after each change of `status`. */
  readonly changed: () => void;
}

/** One container of a pod as a process of this machine, probed and restarted as a kubelet does. */
export class OperatorContainer {
  readonly #options: ContainerOptions;
  readonly #lines: string[] = [];
  #child: ChildProcess | undefined;
  #status: ContainerStatus;

  constructor(options: ContainerOptions) {
    this.#options = options;
    const { name, image = '' } = options.spec;
    this.#status = {
      name,
      image,
      imageID: image,
      ready: false,
      started: false,
      restartCount: 0,
      state: { waiting: { reason: 'ContainerCreating' } },
      lastState: {},
    };
  }

  get status(): ContainerStatus {
    return this.#status;
  }

  /** Undefined while nothing runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Of all its runs. */
  get log(): string {
    return this.#lines.join('');
  }

  /** Runs, and again after each end, until the signal; then SIGTERM, the grace period, SIGKILL. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#runOnce(stop);
      if (stop.aborted) return;
      const { restartCount, state } = this.#status;
      const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (restartCount - 1), MAX_BACKOFF_MS);
      if (restartCount > 0) {
        this.#set({ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: state });
        await sleep(backoff, undefined, { signal: stop }).catch(() => {});
      }
      this.#set({ lastState: state, restartCount: restartCount + 1 });
    }
  }

  /** As the kernel or a person would, behind the agent's back. */
  kill(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async #runOnce(stop: AbortSignal): Promise<void> {
    const { spec, args, env, port } = this.#options;
    // The last --listen wins; what the pod's own says is where its probes would go.
    const command = [MAIN, ...args, `--listen=127.0.0.1:${port}`];
    const child = spawn(process.execPath, command, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const orphaned = (): boolean => child.kill('SIGKILL');
    process.once('exit', orphaned);
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => void this.#lines.push(text));
    }
    const startedAt = timestamp(Date.now());
    this.#set({ state: { running: { startedAt } }, started: spec.startupProbe === undefined, ready: false });
    const ended = new AbortController();
    const exit = once(child, 'exit');
    const failed = this.#probes(ended.signal);
    const stopped = once(stop, 'abort', { signal: ended.signal }).catch(() => {});
    await Promise.race([exit, failed, ...(stop.aborted ? [] : [stopped])]);
    ended.abort();
    await this.#end(child, exit);
    process.off('exit', orphaned);
    this.#child = undefined;
    const exitCode = child.exitCode ?? (child.signalCode === 'SIGKILL' ? 137 : 143);
    this.#set({
      ready: false,
      started: false,
      state: {
        terminated: {
          exitCode,
          reason: exitCode === 0 ? 'Completed' : 'Error',
          startedAt,
          finishedAt: timestamp(Date.now()),
          containerID: `process://${child.pid}`,
        },
      },
    });
  }

  /** Resolves when a probe says that the container is to be restarted. */
  async #probes(signal: AbortSignal): Promise<void> {
    const { startupProbe, livenessProbe, readinessProbe } = this.#options.spec;
    if (startupProbe !== undefined && !(await this.#started(startupProbe, signal))) return;
    this.#set({ started: true, ready: readinessProbe === undefined });
    const dead = Promise.withResolvers<void>();
    if (readinessProbe !== undefined) {
      const tell = (ready: boolean): void => this.#set({ ready });
      void runProbe(readinessProbe, { address: this.#address, tell, signal });
    }
    if (livenessProbe !== undefined) {
      const tell = (passes: boolean): void => (passes ? undefined : dead.resolve());
      void runProbe(livenessProbe, { address: this.#address, tell, signal });
    }
    await dead.promise;
  }

  /** False where it failed so often that the container has to go. */
  async #started(probe: Probe, signal: AbortSignal): Promise<boolean> {
    const verdict = Promise.withResolvers<boolean>();
    const over = new AbortController();
    const options = { address: this.#address, tell: verdict.resolve, signal: over.signal };
    signal.addEventListener('abort', () => over.abort(), { once: true });
    void runProbe(probe, options);
    const passes = await verdict.promise;
    over.abort();
    return passes;
  }

  readonly #address = (port: number | string): string | undefined => {
    const { ports = [] } = this.#options.spec;
    const containerPort =
      typeof port === 'number' ? port : ports.find(({ name }) => name === port)?.containerPort;
    return containerPort === 8080 ? `http://127.0.0.1:${this.#options.port}` : undefined;
  };

  async #end(child: ChildProcess, exit: Promise<unknown>): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const killing = setTimeout(() => child.kill('SIGKILL'), this.#options.graceMs);
    await exit;
    clearTimeout(killing);
  }

  #set(change: Partial<ContainerStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#options.changed();
  }
}
