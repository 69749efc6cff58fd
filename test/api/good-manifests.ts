import { readFileSync, readdirSync } from 'node:fs';
import { load } from 'js-yaml';

import { LARGEST_MODEL, LARGEST_ROLLOUT } from './largest.ts';

/** A manifest that must be accepted as it stands. */
export interface GoodManifest {
  readonly name: string;
  readonly manifest: unknown;
}

const FOLDER = new URL('./good/', import.meta.url);

/** Those that are written out as files. */
export const WRITTEN_MANIFESTS: readonly GoodManifest[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => ({ name: file, manifest: load(readFileSync(new URL(file, FOLDER), 'utf8')) }));

export const GOOD_MANIFESTS: readonly GoodManifest[] = [
  ...WRITTEN_MANIFESTS,
  { name: 'the largest model', manifest: LARGEST_MODEL },
  { name: 'the largest rollout', manifest: LARGEST_ROLLOUT },
];
