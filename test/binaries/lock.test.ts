import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { withLock } from './lock.ts';

const ignore = (): void => {};

describe('withLock', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lock-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const path = (): string => join(folder, 'lock');

  it('lets one in at a time, tells who waits, and leaves nothing behind', async () => {
    let inside = 0;
    let most = 0;
    let waited = 0;
    const enter = (): Promise<void> =>
      withLock(
        path(),
        () => (waited += 1),
        async () => {
          inside += 1;
          most = Math.max(most, inside);
          await new Promise((resolve) => setTimeout(resolve, 20));
          inside -= 1;
        },
      );
    await Promise.all([enter(), enter(), enter()]);
    expect({ most, waited }).toEqual({ most: 1, waited: 2 });
    expect(await readdir(folder)).toEqual([]);
  });

  it('is free again after the work failed', async () => {
    await expect(withLock(path(), ignore, () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
    expect(await withLock(path(), ignore, () => Promise.resolve('in'))).toBe('in');
  });

  it('takes over from a process that died', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await writeFile(path(), String(pid));
    const waiters = [1, 2, 3].map((n) => withLock(path(), ignore, () => Promise.resolve(n)));
    expect(await Promise.all(waiters)).toEqual([1, 2, 3]);
  });

  it('takes over a lock that nobody has touched for a minute, whoever has the pid now', async () => {
    await writeFile(path(), String(process.pid));
    const old = new Date(Date.now() - 61_000);
    await utimes(path(), old, old);
    expect(await withLock(path(), ignore, () => Promise.resolve('in'))).toBe('in');
  });
});
