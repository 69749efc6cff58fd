import { readFileSync } from 'node:fs';

const FOLDER = new URL('../../../examples/quickstart/', import.meta.url);

/** The text of a file of examples/quickstart/. In the bundle, deploy/image/embedded-files.ts takes this module's place. */
export function quickstartFile(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}
