import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { lastLines, spawnComponent, waitHealthy, type Component } from './component.ts';
import type { Reaper } from './reaper.ts';

/** One component that lives no longer than this process, and can be stopped, paused and started by tests. */
export class OwnedProcess {
  readonly #component: Component;
  readonly #reaper: Reaper;
  readonly #log: (line: string) => void;
  #child: ChildProcess | undefined;

  constructor(component: Component, reaper: Reaper, log: (line: string) => void) {
    this.#component = component;
    this.#reaper = reaper;
    this.#log = log;
  }

  /** Starts it if it does not run, and waits until it is ready. */
  async start(): Promise<void> {
    const child = this.#child ?? this.#spawn();
    await waitHealthy(this.#component, () => this.#child === child && child.pid !== undefined);
  }

  /** Kills it as a crash would (SIGKILL); its data stays. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    // It was unreferenced, so nothing but this wait keeps the event loop going.
    child.ref();
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** SIGSTOP: connections stay open and nothing answers, as with a host that hangs. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  #spawn(): ChildProcess {
    const child = spawnComponent(this.#component);
    this.#child = child;
    const pid = child.pid;
    if (pid !== undefined) this.#reaper.add(pid);
    child.once('exit', (code, signal) => {
      if (pid !== undefined) this.#reaper.remove(pid);
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#log(
        `${this.#component.name} died (${signal ?? `exit code ${code}`}). ${lastLines(this.#component)}`,
      );
    });
    return child;
  }
}
