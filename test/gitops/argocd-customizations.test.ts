import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';
import { expect, it } from 'vitest';
import { argocdCustomizations, CUSTOMIZATIONS, DECISIONS } from './argocd-customizations.ts';

interface ConfigMap {
  readonly data: Readonly<Record<string, string>>;
}

const KEY = 'resource.customizations';

it('the ConfigMap for Argo CD is what the Lua files say', async () => {
  await expect(await argocdCustomizations()).toMatchFileSnapshot(fileURLToPath(CUSTOMIZATIONS));
});

it('has health for both kinds, and actions for the rollout alone', async () => {
  const { data } = load(await readFile(CUSTOMIZATIONS, 'utf8')) as ConfigMap;
  expect(Object.keys(data).toSorted()).toEqual([
    `${KEY}.actions.outrigger.dev_EdgeRollout`,
    `${KEY}.health.outrigger.dev_EdgeModel`,
    `${KEY}.health.outrigger.dev_EdgeRollout`,
  ]);
  const actions = load(data[`${KEY}.actions.outrigger.dev_EdgeRollout`] ?? '') as {
    readonly definitions: readonly { readonly name: string }[];
  };
  expect(actions.definitions.map(({ name }) => name)).toEqual([...DECISIONS]);
});
