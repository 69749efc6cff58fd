import type { RealParts } from '../setup/describe-real.ts';
import { render } from './helm.ts';
import type { Manifest } from './manifest.ts';

const COLLECTIONS: Readonly<Record<string, string>> = {
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  ValidatingAdmissionPolicy: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
};

/** The chart's policies and their bindings, and the roles for people. Errors: throws what helm says. */
export async function accessObjects(namespace: string, values: unknown): Promise<readonly Manifest[]> {
  const made = await render(namespace, values);
  return made.filter(
    ({ kind, metadata }) =>
      kind in COLLECTIONS && /-(decisions|operator|view|operate|admin)$/.test(metadata.name),
  );
}

/** Objects of the whole cluster that say who may do what; the caller removes them, as other files use the cluster too. */
export async function install(real: RealParts, objects: readonly Manifest[]): Promise<void> {
  for (const object of objects) {
    const reply = await real.call(
      'PATCH',
      `${pathOf(object)}?fieldManager=helm`,
      object,
      'application/apply-patch+yaml',
    );
    if (reply.status > 201) throw new Error(`not installed: ${JSON.stringify(reply.body)}`);
  }
}

export async function uninstall(real: RealParts, objects: readonly Manifest[]): Promise<void> {
  for (const object of objects.toReversed()) await real.call('DELETE', pathOf(object));
}

function pathOf({ kind, metadata }: Manifest): string {
  const collection = COLLECTIONS[kind];
  if (collection === undefined) throw new Error(`${kind} is not among what these tests install`);
  return `${collection}/${metadata.name}`;
}

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** A RoleBinding for one user in one namespace, to a ClusterRole or to a Role made here. */
export async function grant(
  real: RealParts,
  namespace: string,
  user: string,
  to: string | readonly Rule[],
): Promise<void> {
  const collection = (plural: string): string =>
    `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/${plural}`;
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const post = async (plural: string, object: Manifest): Promise<void> => {
    const reply = await real.call('POST', collection(plural), object);
    if (reply.status !== 201) throw new Error(`not granted: ${JSON.stringify(reply.body)}`);
  };
  const metadata = { name: user, namespace };
  if (typeof to !== 'string') await post('roles', { apiVersion, kind: 'Role', metadata, rules: to });
  await post('rolebindings', {
    apiVersion,
    kind: 'RoleBinding',
    metadata,
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: typeof to === 'string' ? 'ClusterRole' : 'Role',
      name: typeof to === 'string' ? to : user,
    },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  });
}
