import { readFileSync, readdirSync } from 'node:fs';
import { load } from 'js-yaml';

/** A manifest that must be accepted as it stands. */
export interface GoodManifest {
  readonly name: string;
  readonly manifest: unknown;
}

const FOLDER = new URL('./good/', import.meta.url);

export const GOOD_MANIFESTS: readonly GoodManifest[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => ({ name: file, manifest: load(readFileSync(new URL(file, FOLDER), 'utf8')) }));
