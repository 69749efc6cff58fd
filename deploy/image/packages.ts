import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

/** A package of which something is in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX identifier. */
  readonly license: string;
  /** Its licence and notice files. */
  readonly texts: readonly string[];
}

/** Licences that ask for no more than that their text and notices go along. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'];
const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i;
const BUNDLER_HELPERS = '\0rolldown/';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: unknown;
}

/**
 * The packages that modules come from, other than the one in the folder `root`; each once, by name and version.
 *
 * Errors: rejects with all that is wrong where a package gives no licence text, or one that is not allowed.
 */
export async function packagesOf(
  modules: readonly string[],
  root: string,
): Promise<readonly BundledPackage[]> {
  const folders = new Set<string>();
  for (const id of modules) folders.add(await packageFolder(id));
  folders.delete(resolve(root));
  const packages = new Map<string, BundledPackage>();
  const wrong: string[] = [];
  for (const folder of folders) {
    const found = await readPackage(folder);
    packages.set(`${found.name}@${found.version}`, found);
    wrong.push(...faults(found));
  }
  if (wrong.length > 0) throw new Error(`the bundle may not be passed on:\n${wrong.join('\n')}`);
  return [...packages.values()].toSorted((a, b) =>
    `${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1,
  );
}

function faults({ name, version, license, texts }: BundledPackage): readonly string[] {
  const wrong: string[] = [];
  if (texts.length === 0) wrong.push(`${name} ${version} comes without a licence text`);
  if (!ALLOWED.includes(license)) {
    wrong.push(`${name} ${version} has the licence "${license}", which is none of ${ALLOWED.join(', ')}`);
  }
  return wrong;
}

/** The nearest folder above the module whose package.json has a name and a version; some have only a type. */
async function packageFolder(id: string): Promise<string> {
  const file = id.startsWith(BUNDLER_HELPERS) ? createRequire(import.meta.url).resolve('rolldown') : id;
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = await readManifest(folder);
    if (manifest?.name !== undefined && manifest.version !== undefined) return folder;
    if (folder === dirname(folder)) throw new Error(`the module ${JSON.stringify(id)} belongs to no package`);
  }
}

async function readPackage(folder: string): Promise<BundledPackage> {
  const manifest = await readManifest(folder);
  const files = (await readdir(folder)).filter((name) => LICENCE_FILE.test(name)).toSorted();
  return {
    name: manifest?.name ?? '',
    version: manifest?.version ?? '',
    license: typeof manifest?.license === 'string' ? manifest.license : 'none in its package.json',
    texts: await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8'))),
  };
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Manifest);
}
