import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { billOfMaterials, type Product } from './bill-of-materials.ts';
import { bundleOneFile } from './one-file.ts';
import { packagesOf } from './packages.ts';
import { thirdPartyLicenses } from './third-party-licenses.ts';

const USAGE = `npm run bundle [-- --out FOLDER]

  Makes the program that the image holds, with what has to go with it:

  outrigger.mjs          the commands and all that they import; runs on Node 24 without node_modules
  outrigger.mjs.map      its source map, for node --enable-source-maps; not in the image
  outrigger.cdx.json     the packages in it, as CycloneDX
  THIRD-PARTY-LICENSES   their licences

  --out FOLDER           default dist; files of these names are replaced
`;

const ROOT = resolve(import.meta.dirname, '../..');

const { values } = parseArgs({
  options: { out: { type: 'string', default: join(ROOT, 'dist') }, help: { type: 'boolean', short: 'h' } },
});
if (values.help === true) {
  process.stdout.write(USAGE);
} else {
  await bundle(resolve(values.out));
}

async function bundle(folder: string): Promise<void> {
  const product = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Product;
  const program = join(folder, 'outrigger.mjs');
  const { code, map, modules } = await bundleOneFile(ROOT, program);
  const packages = await packagesOf(modules, ROOT);
  const files = {
    'outrigger.mjs': code,
    'outrigger.mjs.map': map,
    'outrigger.cdx.json': billOfMaterials(product, packages),
    'THIRD-PARTY-LICENSES': thirdPartyLicenses(packages),
  };
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    // A new file and not new content: a process that runs from the old one may go on.
    await rm(path, { force: true });
    await writeFile(path, text);
    const kib = Math.ceil(Buffer.byteLength(text) / 1024);
    process.stdout.write(`${relative(process.cwd(), path)} ${kib} KiB\n`);
  }
  await chmod(program, 0o755);
  process.stdout.write(`${product.name} ${product.version} with ${packages.length} packages\n`);
}
