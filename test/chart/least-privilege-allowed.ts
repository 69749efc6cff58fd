/**
 * What the operator may do. This list and the one of the chart's templates/rbac.yaml are the same; whoever needs a
 * right more changes both.
 */

/** In the namespaces of its models: all of them, or its own. */
export const IN_NAMESPACES: readonly string[] = [
  'create configmaps',
  'create controllerrevisions.apps',
  'create events',
  'create pods',
  'create services',
  'delete configmaps',
  'delete controllerrevisions.apps',
  'delete pods',
  'delete services',
  'get configmaps',
  'get controllerrevisions.apps',
  'get pods',
  'get services',
  'list configmaps',
  'list controllerrevisions.apps',
  'list edgemodels.outrigger.dev',
  'list edgerollouts.outrigger.dev',
  'list pods',
  'list services',
  'patch controllerrevisions.apps',
  'patch edgemodels.outrigger.dev',
  'patch events',
  'patch pods',
  'patch services',
  'update configmaps',
  'update edgemodels.outrigger.dev/status',
  'update edgerollouts.outrigger.dev/status',
  'watch configmaps',
  'watch controllerrevisions.apps',
  'watch edgemodels.outrigger.dev',
  'watch edgerollouts.outrigger.dev',
  'watch pods',
  'watch services',
];

/** On what belongs to no namespace. */
export const ON_NODES: readonly string[] = ['list nodes', 'watch nodes'];

/** In the namespace of the release; the name of a Lease that is to be made cannot be compared. */
export const FOR_THE_LEASE: readonly string[] = ['create leases.coordination.k8s.io'];

/** There, and to the Lease of this name alone. */
export const TO_THE_LEASE: readonly string[] = [
  'get leases.coordination.k8s.io',
  'update leases.coordination.k8s.io',
];

/** In the namespace where kubelets keep theirs, to each of them; in either scope. */
export const TO_NODE_LEASES: readonly string[] = ['get leases.coordination.k8s.io'];
export const NODE_LEASES = 'kube-node-lease';

/** Only to the Secrets that the value prometheusSecrets names. */
export const TO_SECRETS: readonly string[] = ['get secrets'];

/** Rights that no request ever bears the name of, and why they are needed all the same. */
export const UNSEEN: Readonly<Record<string, string>> = {
  'create services':
    'a server-side apply is a patch, but where there is nothing yet the server asks for create',
};
