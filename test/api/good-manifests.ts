import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { loadAll } from 'js-yaml';

import { API_VERSION } from '../../src/api/names.ts';
import { LARGEST_MODEL, LARGEST_ROLLOUT } from './largest.ts';

/** A manifest that must be accepted as it stands. */
export interface GoodManifest {
  readonly name: string;
  readonly manifest: unknown;
}

/** Those that are written out as files for these tests. */
export const WRITTEN_MANIFESTS: readonly GoodManifest[] = manifestsBelow(new URL('./good/', import.meta.url));

/** What we tell people to apply; of each file the documents of our own kinds. */
const EXAMPLES = manifestsBelow(new URL('../../examples/', import.meta.url));

function manifestsBelow(folder: URL): GoodManifest[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) =>
      loadAll(readFileSync(new URL(file, folder), 'utf8'))
        .filter((document) => Reflect.get(Object(document), 'apiVersion') === API_VERSION)
        .map((manifest) => ({ name: `${file}: ${Reflect.get(Object(manifest), 'kind')}`, manifest })),
    );
}

export const GOOD_MANIFESTS: readonly GoodManifest[] = [
  ...WRITTEN_MANIFESTS,
  ...EXAMPLES,
  { name: 'the largest model', manifest: LARGEST_MODEL },
  { name: 'the largest rollout', manifest: LARGEST_ROLLOUT },
];
