import { writeFile } from 'node:fs/promises';

import { plainManifests } from './plain-manifests.ts';

// npm run manifests
for (const { path, text } of await plainManifests()) {
  await writeFile(new URL(`../../${path}`, import.meta.url), text);
  process.stdout.write(`wrote ${path} (${Math.ceil(Buffer.byteLength(text) / 1024)} KiB)\n`);
}
