import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'rolldown';

/** Puts the text of examples/quickstart/ in the place of the module that reads it from the disk. */
export function embeddedFiles(root: string): Plugin {
  const reader = join(root, 'src/cli/demo/quickstart-file.ts');
  const folder = join(root, 'examples/quickstart');
  return {
    name: 'embedded-files',
    async load(id) {
      if (id !== reader) return null;
      const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).toSorted();
      const texts = await Promise.all(
        names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
      );
      return `const TEXTS = ${JSON.stringify(Object.fromEntries(texts))};
export function quickstartFile(name) {
  return TEXTS[name];
}
`;
    },
  };
}
