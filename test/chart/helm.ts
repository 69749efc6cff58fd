import { fileURLToPath } from 'node:url';
import { loadAll } from 'js-yaml';

import { runTool, type ToolOutcome } from '../binaries/run-tool.ts';
import { isManifest, type Manifest } from './manifest.ts';

export const CHART = fileURLToPath(new URL('../../charts/outrigger', import.meta.url));

/** helm template of the release `outrigger`, with values as JSON; any outcome is an answer. */
export function helmTemplate(
  namespace: string,
  values: unknown,
  flags: readonly string[] = [],
): Promise<ToolOutcome> {
  const args = ['template', 'outrigger', CHART, '--namespace', namespace, '--values', '-', ...flags];
  return runTool('helm', args, { input: JSON.stringify(values) });
}

/** The text of the objects of a release. Errors: throws what helm says. */
export async function renderText(namespace: string, values: unknown): Promise<string> {
  const { code, stdout, stderr } = await helmTemplate(namespace, values);
  if (code !== 0) throw new Error(`helm template: ${stderr}`);
  return stdout;
}

/** The objects of a release. Errors: throws what helm says. */
export async function render(namespace: string, values: unknown): Promise<readonly Manifest[]> {
  return loadAll(await renderText(namespace, values)).filter(isManifest);
}
