import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { request } from './request.ts';

/** One process of the control plane; plain data, so that the state file of `controlplane up` can hold it. */
export interface Component {
  readonly name: string;
  readonly binary: string;
  readonly args: readonly string[];
  /** File that takes both output streams. */
  readonly log: string;
  /** Answers 200 when the component is ready. */
  readonly health: string;
}

const START_TIMEOUT_MS = 60_000;

/** Starts the process in a group of its own, so that Ctrl-C reaches the harness first and not the API server. */
export function spawnComponent(component: Component): ChildProcess {
  const log = openSync(component.log, 'a');
  try {
    const child = spawn(component.binary, component.args, { detached: true, stdio: ['ignore', log, log] });
    // A binary that cannot be run is reported by waitHealthy: it never gets a pid.
    child.on('error', () => {});
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** Waits until the component answers; when it dies before, the error carries its last words. */
export async function waitHealthy(component: Component, isAlive: () => boolean): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  let last = '';
  while (Date.now() < deadline) {
    try {
      const reply = await request(component.health, { timeoutMs: 5_000 });
      // An answer without a process is that of somebody else who has our port.
      if (reply.status === 200 && isAlive()) return;
      last = `${reply.status} ${reply.text}`;
    } catch (error) {
      last = String(error);
    }
    if (!isAlive()) throw new Error(`${component.name} died while starting. ${lastLines(component)}`);
    await sleep(50);
  }
  throw new Error(
    `${component.name} is not ready after ${START_TIMEOUT_MS / 1000} s (${last.slice(0, 500)}). ${lastLines(component)}`,
  );
}

/** The end of the component's log, as a sentence for an error message. */
export function lastLines(component: Component, count = 15): string {
  let log: string;
  try {
    log = readFileSync(component.log, 'utf8');
  } catch {
    return 'It left no log.';
  }
  const lines = log.trimEnd().split('\n').slice(-count).join('\n  ');
  return lines.trim() === '' ? 'Its log is empty.' : `The last lines of its log:\n  ${lines}`;
}

/**
 * True if `pid` is this very component: its command line names the component's own log folder or port.
 * A pid alone may have been given to somebody else, and a zombie has no command line.
 */
export function isProcessOf(component: Component, pid: number): boolean {
  const wanted = component.args.join(' ');
  try {
    const commandLine =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        : execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return commandLine.includes(wanted);
  } catch {
    return false;
  }
}

/** Kills and waits until the process is gone. Nothing is saved by a soft end: the data is thrown away. */
export async function killProcess(component: Component, pid: number): Promise<void> {
  if (!isProcessOf(component, pid)) return;
  const deadline = Date.now() + 10_000;
  sendSignal(pid, 'SIGKILL');
  while (!isGone(pid)) {
    if (Date.now() > deadline) throw new Error(`${component.name} (pid ${pid}) cannot be killed`);
    await sleep(10);
  }
}

/** A process that is ending loses its command line first and its ports later: only the state tells the end. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return false;
    // A zombie holds nothing any more; where nobody collects it, it stays one.
    return readFileSync(`/proc/${pid}/status`, 'utf8').includes('\nState:\tZ');
  } catch {
    return true;
  }
}

/** Sends the signal; a process that is gone already is no error. */
function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
