import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { ROOT } from './built-image.ts';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (program: string, ...argv: readonly string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile(process.execPath, [program, ...argv], { cwd: tmpdir(), env: {} }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });

const LAUNCHER = packageJson.bin.outrigger;

describe('what npx outrigger runs', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'outrigger-launcher-')));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** The package as npm installs it, with the sources too: they are there, but cannot run below node_modules. */
  const installed = async (bundle?: string): Promise<string> => {
    const home = join(folder, 'node_modules/outrigger');
    await mkdir(join(home, 'dist'), { recursive: true });
    await cp(join(ROOT, 'bin'), join(home, 'bin'), { recursive: true });
    await cp(join(ROOT, 'src/main.ts'), join(home, 'src/main.ts'));
    if (bundle !== undefined) await writeFile(join(home, 'dist/outrigger.mjs'), bundle);
    return join(home, LAUNCHER);
  };

  test('in a checkout: the sources, with the arguments and the exit code', async () => {
    const help = await run(join(ROOT, LAUNCHER), '--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('Usage: outrigger COMMAND');
    expect(await run(join(ROOT, LAUNCHER), 'fly')).toMatchObject({ code: 2, stdout: '' });
  });

  test('in a checkout that is linked from elsewhere: the sources', async () => {
    await mkdir(join(folder, 'node_modules'));
    await symlink(ROOT, join(folder, 'node_modules/outrigger'));
    const help = await run(join(folder, 'node_modules/outrigger', LAUNCHER), '--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
  });

  test('in an installed package: the bundle', async () => {
    const program = await installed('process.stdout.write(`bundle ${process.argv.slice(2)}`)');
    expect(await run(program, 'judge', '--json')).toEqual({
      code: 0,
      stdout: 'bundle judge,--json',
      stderr: '',
    });
  });

  test('in an installed package without one: a sentence', async () => {
    const outcome = await run(await installed());
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain('this package has no bundle');
  });

  test('what is packed has the launcher and the bundle', () => {
    expect(packageJson.files).toEqual(expect.arrayContaining(['bin', 'dist/outrigger.mjs']));
    expect(packageJson.scripts.prepack).toBe('npm run bundle');
  });
});
