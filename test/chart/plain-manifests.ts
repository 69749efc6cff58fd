import { renderText } from './helm.ts';

/** What is checked in under deploy/, made from the chart for those who do not use Helm. */
export interface PlainManifests {
  /** From the checkout's top. */
  readonly path: string;
  readonly text: string;
}

const NAMESPACE = 'outrigger-system';

const GENERATED = '# Generated from charts/outrigger by `npm run manifests`; edits are overwritten.';

const INSTALL = `${GENERATED}
# Outrigger for models of all namespaces: kubectl apply --server-side -f install.yaml
---
apiVersion: v1
kind: Namespace
metadata:
  name: ${NAMESPACE}
  labels:
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/warn: restricted
`;

const NAMESPACED = `${GENERATED}
# Outrigger for models of one namespace, which has to be there. The namespace is part of names and of the admission
# policy, so for another one all of it changes:
#
#   sed 's/${NAMESPACE}/vision/g' namespaced.yaml | kubectl apply --server-side -f -
`;

/** Renders them with helm. Errors: throws what helm says. */
export async function plainManifests(): Promise<readonly PlainManifests[]> {
  // kubectl knows no resource policy, so an annotation that names one would promise what nobody keeps.
  const crds = { keep: false };
  return [
    { path: 'deploy/install.yaml', text: INSTALL + plain(await renderText(NAMESPACE, { crds })) },
    {
      path: 'deploy/namespaced.yaml',
      text: NAMESPACED + plain(await renderText(NAMESPACE, { crds, scope: 'Namespace' })),
    },
  ];
}

/** Without what is true of a Helm release alone. */
function plain(text: string): string {
  return text
    .replaceAll(/^ *(?:app\.kubernetes\.io\/managed-by: Helm|helm\.sh\/chart: .*)\n/gm, '')
    .replaceAll(/^# (?:Source: .*|Generated from src\/api .*)\n/gm, '')
    .replaceAll(/\n+(?=---\n)/g, '\n');
}
