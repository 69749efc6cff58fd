import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import type { Binary } from './binaries.ts';
import { cacheFolder } from './cache.ts';
import { GO_ENVIRONMENT, findGo } from './go.ts';
import { withLock } from './lock.ts';

/** Something that the machine lacks; its message says what to install or set. */
export class MissingPartsError extends Error {}

export type Log = (line: string) => void;

/**
 * Path of the program. In order: `KUBEBUILDER_ASSETS` (for some also the PATH), the cache, a build from its Go
 * module beside this file.
 *
 * Errors: MissingPartsError where it can't be built here; an Error with the compiler's last words.
 */
export async function binaryPath(binary: Binary, log: Log): Promise<string> {
  return (await findInstalled(binary)) ?? (await buildCached(binary, log));
}

/** Why the programs can neither be found nor built on this machine; undefined when they can. Builds nothing. */
export async function missingParts(binaries: readonly Binary[]): Promise<string | undefined> {
  for (const binary of binaries) {
    if (await findInstalled(binary)) continue;
    const go = await findGo(moduleFolder(binary));
    if ('missing' in go) return explain(binary, go.missing);
  }
  return undefined;
}

const moduleFolder = (binary: Binary): string => join(import.meta.dirname, binary.module);

function explain(binary: Binary, reason: string): string {
  const instead =
    binary.fromPath === true
      ? `put \`${binary.name}\` on the PATH`
      : `set KUBEBUILDER_ASSETS to a folder that holds \`${binary.name}\``;
  return `${binary.name} cannot be built: ${reason}. Install Go 1.26 or newer (https://go.dev/dl), or ${instead}.`;
}

async function findInstalled(binary: Binary): Promise<string | undefined> {
  const assets = process.env['KUBEBUILDER_ASSETS'] ?? '';
  const folders =
    binary.fromPath === true ? [assets, ...(process.env['PATH'] ?? '').split(delimiter)] : [assets];
  for (const folder of folders) {
    if (folder !== '' && (await isExecutable(join(folder, binary.name)))) return join(folder, binary.name);
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function buildCached(binary: Binary, log: Log): Promise<string> {
  const source = moduleFolder(binary);
  const go = await findGo(source);
  if ('missing' in go) throw new MissingPartsError(explain(binary, go.missing));
  const hash = createHash('sha256');
  for (const file of await sourceFiles(source)) hash.update(await readFile(join(source, file)));
  hash.update(JSON.stringify([binary.flags, GO_ENVIRONMENT, go.version, go.platform]));
  const root = join(cacheFolder(), 'bin');
  const folder = join(root, `${binary.module}-${hash.digest('hex').slice(0, 12)}`);
  const target = join(folder, binary.name);
  if (await isExecutable(target)) return target;
  const waiting = (): void => log(`another build is running; waiting for it (${join(root, 'lock')})`);
  return withLock(join(root, 'lock'), waiting, async () => {
    if (await isExecutable(target)) return target;
    await mkdir(folder, { recursive: true });
    await removeUnfinished(root);
    const work = await mkdtemp(join(root, 'build-'));
    try {
      await build(binary, source, work, log);
      await rename(join(work, binary.name), target);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    return target;
  });
}

async function sourceFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return ['go.mod', 'go.sum', ...names.filter((name) => name.endsWith('.go')).toSorted()];
}

/** What builders that were killed left behind; only one builds at a time, and that is us. */
async function removeUnfinished(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (name.startsWith('build-')) await rm(join(root, name), { recursive: true, force: true });
  }
}

/** Builds in a copy of the module's folder, so that `-mod=mod` never edits the go.mod of the work tree. */
async function build(binary: Binary, source: string, work: string, log: Log): Promise<void> {
  for (const file of await sourceFiles(source)) await copyFile(join(source, file), join(work, file));
  const started = Date.now();
  log(`building ${binary.name} (a first build takes about ${binary.firstBuild} on two cores) ...`);
  const progress = setInterval(() => log(`building ${binary.name} ... ${elapsed(started)}`), 15_000);
  const child = spawn('go', ['build', ...binary.flags, '-o', binary.name, binary.package], {
    cwd: work,
    env: { ...process.env, ...GO_ENVIRONMENT },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kill = (): boolean => child.kill();
  process.once('exit', kill);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4_000);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0)
      throw new Error(`go build of ${binary.name} ended with ${code}; its last words:\n${errors}`);
    log(`built ${binary.name} in ${elapsed(started)}`);
  } finally {
    clearInterval(progress);
    process.off('exit', kill);
  }
}

function elapsed(started: number): string {
  const seconds = Math.round((Date.now() - started) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
