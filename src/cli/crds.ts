import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { dump } from 'js-yaml';
import { customResourceDefinition } from '../api/custom-resource-definition.ts';
import { GROUP } from '../api/names.ts';
import { CUSTOM_RESOURCES } from '../api/resource.ts';
import type { CustomResource } from '../api/resource.ts';

/** For kubectl; and for the chart, which reaches no file outside its own folder. */
const FOLDERS = ['crds', 'charts/outrigger/files/crds'];

const USAGE = `outrigger crds [--write | --check]

  Prints the CustomResourceDefinitions, which are made from the schemas in src/api.

  --write   write them to crds/ and charts/outrigger/files/crds/ in the current folder
  --check   say which of these files differ from what --write would write, and exit 1 if any does
`;

interface GeneratedFile {
  /** From the checkout's top, as people read it. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** Prints the CRDs, or writes or checks those of `checkout`, by default the current folder; the exit code. */
export async function crds(
  argv: readonly string[],
  out: (line: string) => void,
  checkout: URL = pathToFileURL(`${resolve()}/`),
): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      write: { type: 'boolean' },
      check: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    out(USAGE);
    return 0;
  }
  if (values.write === true && values.check === true) {
    out('--write and --check exclude each other: give one of them');
    return 2;
  }
  const files = FOLDERS.flatMap((folder) =>
    CUSTOM_RESOURCES.map((resource) => generated(resource, folder, checkout)),
  );
  if (values.write === true) return write(files, out);
  if (values.check === true) return check(files, out);
  out(CUSTOM_RESOURCES.map(crdYaml).join('---\n').trimEnd());
  return 0;
}

function generated(resource: CustomResource, folder: string, checkout: URL): GeneratedFile {
  const name = `${folder}/${GROUP}_${resource.plural}.yaml`;
  return { name, path: fileURLToPath(new URL(name, checkout)), text: crdYaml(resource) };
}

/** The YAML of one kind's CRD, as it is checked in. */
export function crdYaml(resource: CustomResource): string {
  const body = dump(customResourceDefinition(resource), { lineWidth: 120, noRefs: true });
  return `# Generated from src/api by \`npm run crds\`; edits are overwritten.\n${body}`;
}

async function write(files: readonly GeneratedFile[], out: (line: string) => void): Promise<number> {
  for (const file of files) {
    await mkdir(dirname(file.path), { recursive: true });
    await writeFile(file.path, file.text);
    out(`wrote ${file.name} (${Math.ceil(Buffer.byteLength(file.text) / 1024)} KiB)`);
  }
  return 0;
}

async function check(files: readonly GeneratedFile[], out: (line: string) => void): Promise<number> {
  let different = 0;
  for (const file of files) {
    const stored = await readFile(file.path, 'utf8').catch(() => undefined);
    if (stored === file.text) continue;
    different += 1;
    const state = stored === undefined ? 'is missing' : 'differs from the schemas in src/api';
    out(`${file.name} ${state}: run \`npm run crds\` and commit the result`);
  }
  return different === 0 ? 0 : 1;
}
