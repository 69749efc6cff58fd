/** As much of a Kubernetes object as tests of manifests ask for. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

const CLUSTER_SCOPED = new Set([
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'Namespace',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);

export function isClusterScoped({ kind }: Manifest): boolean {
  return CLUSTER_SCOPED.has(kind);
}

/** Whether a YAML document is an object that an API server takes; a Kustomization looks like one, but is for kustomize. */
export function isManifest(document: unknown): document is Manifest {
  const { apiVersion, kind } = Object(document) as { readonly apiVersion?: unknown; readonly kind?: unknown };
  return typeof apiVersion === 'string' && typeof kind === 'string' && !apiVersion.startsWith('kustomize.');
}
