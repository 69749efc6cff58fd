import { fileURLToPath } from 'node:url';

import type { KubeObject } from '../../src/api/object-meta.ts';
import { runTool } from '../binaries/run-tool.ts';
import { CUSTOMIZATIONS } from './argocd-customizations.ts';

export const HEALTH = ['Healthy', 'Progressing', 'Degraded', 'Suspended'] as const;
export type HealthStatus = (typeof HEALTH)[number];

export interface Health {
  readonly status: HealthStatus;
  readonly message: string;
}

interface Action {
  readonly name: string;
  readonly disabled?: boolean;
}

/** What a Lua action makes of the object, and the merge patch that Argo CD's API server sends for it. */
interface Impacted {
  readonly operation: string;
  readonly patch: KubeObject;
}

type Request =
  | { readonly kind: 'health' | 'discovery'; readonly object: KubeObject }
  | { readonly kind: 'action'; readonly object: KubeObject; readonly action: string };

/** How healthy Argo CD finds each, by the ConfigMap that people apply, in its own Lua VM. */
export async function healthOf(objects: readonly KubeObject[]): Promise<readonly Health[]> {
  return (await answers(objects.map((object) => ({ kind: 'health', object })))) as readonly Health[];
}

/** The names of the actions that Argo CD offers for each. */
export async function actionsOf(objects: readonly KubeObject[]): Promise<readonly (readonly string[])[]> {
  const found = await answers(objects.map((object) => ({ kind: 'discovery', object })));
  return (found as readonly { readonly actions: readonly Action[] }[]).map(({ actions }) =>
    actions.filter(({ disabled }) => disabled !== true).map(({ name }) => name),
  );
}

/** The patch of an action. Errors: throws what the script says where there is nothing to decide. */
export async function patchOf(object: KubeObject, action: string): Promise<KubeObject> {
  const [answer] = await answers([{ kind: 'action', object, action }]);
  const [only, ...more] = (answer as { readonly resources: readonly Impacted[] }).resources;
  if (only?.operation !== 'patch' || more.length > 0)
    throw new Error(`not one patch: ${JSON.stringify(answer)}`);
  return only.patch;
}

async function answers(requests: readonly Request[]): Promise<readonly unknown[]> {
  if (requests.length === 0) return [];
  const input = requests.map((request) => `${JSON.stringify(request)}\n`).join('');
  const { code, stdout, stderr } = await runTool(
    'argocd',
    ['lua', '--customizations', fileURLToPath(CUSTOMIZATIONS)],
    {
      input,
    },
  );
  if (code !== 0) throw new Error(`argocd lua ended with ${code}: ${stderr}`);
  const found = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly error?: string });
  const failed = found.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new Error(failed.error);
  return found;
}
