import { readFile } from 'node:fs/promises';

const DEPLOY = new URL('../../deploy/argocd/', import.meta.url);

/** What people apply to Argo CD; made from the Lua files beside it. */
export const CUSTOMIZATIONS = new URL('argocd-cm.yaml', DEPLOY);
export const DECISIONS = ['approve', 'promote', 'abort', 'retry'] as const;

const HEAD = `# How Argo CD shows the health of EdgeModels and EdgeRollouts, and what can be decided with a click.
# Made from the .lua files beside it: npx vitest run --project unit -u test/gitops/argocd-customizations.test.ts
#
# Keys for the argocd-cm that is there already, not a ConfigMap to replace it with:
#   kubectl -n argocd patch configmap argocd-cm --patch-file argocd-cm.yaml
# With kustomize it goes under \`patches\`, with the Helm chart of Argo CD the keys of \`data\` go under \`configs.cm\`.
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  namespace: argocd
data:
`;

/** The ConfigMap as it stands in deploy/argocd. */
export async function argocdCustomizations(): Promise<string> {
  const decisions = await lua('edgerollout/decisions.lua');
  const act = await lua('edgerollout/action.lua');
  const action = (name: string) => `${decisions}\nlocal action = "${name}"\n${act}`;
  const actions = [
    `discovery.lua: ${block(`${decisions}\n${await lua('edgerollout/discovery.lua')}`, 2)}`,
    'definitions:\n',
    ...DECISIONS.map((name) => `  - name: ${name}\n    action.lua: ${block(action(name), 6)}`),
  ].join('');
  return [
    HEAD,
    entry('health.outrigger.dev_EdgeModel', await lua('edgemodel/health.lua')),
    entry('health.outrigger.dev_EdgeRollout', await lua('edgerollout/health.lua')),
    entry('actions.outrigger.dev_EdgeRollout', actions),
  ].join('');
}

const lua = (path: string): Promise<string> => readFile(new URL(path, DEPLOY), 'utf8');

function entry(key: string, text: string): string {
  return `  resource.customizations.${key}: ${block(text, 4)}`;
}

/** A YAML block scalar. */
function block(text: string, indent: number): string {
  const pad = ' '.repeat(indent);
  const lines = text.trimEnd().split('\n');
  return `|\n${lines.map((line) => (line === '' ? '' : pad + line)).join('\n')}\n`;
}
