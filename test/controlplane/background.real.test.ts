import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { describeReal } from '../setup/describe-real.ts';
import type { State } from './background.ts';
import { cacheFolder } from '../binaries/cache.ts';
import { components } from './cluster.ts';
import { isProcessOf } from './component.ts';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describeReal('npm run controlplane', () => {
  let cache: string;
  const controlplane = (...args: readonly string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [join(import.meta.dirname, 'main.ts'), ...args],
        { env: { ...process.env, OUTRIGGER_CACHE: cache } },
        (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });
  const state = async (): Promise<State> =>
    JSON.parse(await readFile(join(cache, 'run', 'state.json'), 'utf8'));

  beforeAll(async () => {
    // State of its own, beside one that a person may have up; the binaries are built already.
    cache = await mkdtemp(join(tmpdir(), 'outrigger-cache-'));
    await mkdir(join(cacheFolder(), 'bin'), { recursive: true });
    await symlink(join(cacheFolder(), 'bin'), join(cache, 'bin'));
  });
  afterAll(async () => {
    await controlplane('down');
    await rm(cache, { recursive: true, force: true });
  });

  it('starts, says the same when it is up already, mends what died, and stops', async () => {
    const first = await controlplane('up', '--json');
    expect(first).toMatchObject({ code: 0 });
    const { kubeconfig, prometheus } = JSON.parse(first.stdout);
    expect(await readFile(kubeconfig, 'utf8')).toContain('certificate-authority-data');
    expect(prometheus).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);

    const before = await state();
    expect((await controlplane('up', '--json')).stdout).toBe(first.stdout);
    expect((await state()).pids).toEqual(before.pids);

    process.kill(before.pids['kube-apiserver'] ?? Number.NaN, 'SIGKILL');
    const mended = await controlplane('up', '--json');
    expect(mended).toMatchObject({ code: 0, stdout: first.stdout });
    expect(mended.stderr).toContain('kube-apiserver had died; starting it again');
    const after = await state();
    expect(after.pids['etcd']).toBe(before.pids['etcd']);
    expect(after.pids['kube-apiserver']).not.toBe(before.pids['kube-apiserver']);

    const other = await controlplane('up', '--no-prometheus');
    expect(other).toMatchObject({ code: 1, stdout: '' });
    expect(other.stderr).toContain('npm run controlplane -- down');

    expect(await controlplane('down')).toMatchObject({ code: 0 });
    expect(existsSync(kubeconfig)).toBe(false);
    const left = components(after.cluster).filter((component) =>
      isProcessOf(component, after.pids[component.name] ?? 0),
    );
    expect(left).toEqual([]);
    expect(await controlplane('down')).toMatchObject({ code: 0, stderr: '[controlplane] nothing was up\n' });
    expect((await controlplane('status', '--json')).stdout).toBe('{"up":false}\n');
  });

  it('refuses what it does not know, with the usage', async () => {
    expect(await controlplane('sideways')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('up, status'),
    });
    expect(await controlplane('up', '--fleet-port', 'x')).toMatchObject({ code: 1, stdout: '' });
  });
});
