import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { isProcessOf, killProcess, waitHealthy, type Component } from './component.ts';
import { OwnedProcess } from './owned-process.ts';
import { freePorts } from './ports.ts';
import { Reaper } from './reaper.ts';
import { retryOnTakenPort } from './start.ts';

const WAIT = { timeout: 15_000 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'component-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const shell = (script: string, health: string): Component => ({
  name: 'thing',
  binary: '/bin/sh',
  args: ['-c', script, folder],
  log: join(folder, 'thing.log'),
  health,
});

const module = (name: string): string => JSON.stringify(join(import.meta.dirname, name));

async function closedPort(): Promise<string> {
  const [port = 0] = await freePorts(1);
  return `http://127.0.0.1:${port}/`;
}

async function healthy(): Promise<string> {
  const server = createServer((_, reply) => reply.end('ok'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
}

function owned(component: Component): { process: OwnedProcess; told: string[] } {
  const told: string[] = [];
  const reaper = new Reaper(join(folder, 'data'));
  const process = new OwnedProcess(component, reaper, (line) => told.push(line));
  onTestFinished(async () => {
    await process.stop();
    reaper.release();
  });
  return { process, told };
}

describe('a component', () => {
  it('that dies while starting says its last words', async () => {
    const { process } = owned(shell('echo no such flag >&2; exit 3', await closedPort()));
    await expect(process.start()).rejects.toThrow(/thing died while starting.*\n {2}no such flag/);
  });

  it('whose binary is not there is not waited for', async () => {
    const component = { ...shell('', await closedPort()), binary: join(folder, 'absent') };
    await expect(owned(component).process.start()).rejects.toThrow('thing died while starting');
  });

  it('that died is not taken for ready because a stranger answers on its port', async () => {
    const component = shell('', await healthy());
    await expect(waitHealthy(component, () => false)).rejects.toThrow('died while starting');
  });

  it('that dies later is reported with its last words', async () => {
    const script = 'until [ -e "$0/go" ]; do sleep 0.05; done; echo out of memory; exit 9';
    const { process, told } = owned(shell(script, await healthy()));
    await process.start();
    await writeFile(join(folder, 'go'), '');
    await vi.waitFor(() =>
      expect(told).toEqual([expect.stringMatching(/died \(exit code 9\).*\n {2}out of memory/)]),
    );
  });

  it('is known by its command line, not by its pid alone', async () => {
    const component = shell('exec sleep 1000 "$0"', 'http://127.0.0.1:1/');
    const child = spawn(component.binary, ['-c', 'while :; do sleep 1; done', folder]);
    onTestFinished(() => void child.kill('SIGKILL'));
    const pid = child.pid ?? 0;
    expect(isProcessOf(component, pid)).toBe(false);
    await killProcess(component, pid);
    expect(child.exitCode ?? child.signalCode).toBeNull();
    expect(isProcessOf({ ...component, args: ['-c', 'while :; do sleep 1; done', folder] }, pid)).toBe(true);
  });
});

describe('Reaper', () => {
  it('ends the components of a harness that was killed, and removes their data', async () => {
    const data = join(folder, 'data');
    const harness = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { spawnComponent } from ${module('component.ts')};
         import { Reaper } from ${module('reaper.ts')};
         import { mkdirSync } from 'node:fs';
         mkdirSync(${JSON.stringify(data)});
         const reaper = new Reaper(${JSON.stringify(data)});
         const { pid } = spawnComponent(${JSON.stringify(shell('while :; do sleep 1; done', ''))});
         reaper.add(pid);
         setTimeout(() => console.log(pid), 50);
         setInterval(() => {}, 1000);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void harness.kill('SIGKILL'));
    const [line] = await once(harness.stdout, 'data');
    const component = shell('while :; do sleep 1; done', '');
    expect(isProcessOf(component, Number(line))).toBe(true);
    harness.kill('SIGKILL');
    await vi.waitFor(() => {
      expect(isProcessOf(component, Number(line))).toBe(false);
      expect(existsSync(data)).toBe(false);
    }, WAIT);
  });
});

describe('retryOnTakenPort', () => {
  it('starts again when a port was taken, and gives up after three times', async () => {
    let attempts = 0;
    const start = (failures: number) => (): Promise<number> => {
      attempts += 1;
      return attempts <= failures
        ? Promise.reject(new Error('listen tcp 127.0.0.1:1: bind: address already in use'))
        : Promise.resolve(attempts);
    };
    expect(await retryOnTakenPort(start(2))).toBe(3);
    attempts = 0;
    await expect(retryOnTakenPort(start(3))).rejects.toThrow('already in use');
    expect(attempts).toBe(3);
  });

  it('passes on every other error at once', async () => {
    let attempts = 0;
    const start = (): Promise<void> => {
      attempts += 1;
      return Promise.reject(new Error('unknown flag'));
    };
    await expect(retryOnTakenPort(start)).rejects.toThrow('unknown flag');
    expect(attempts).toBe(1);
  });
});
