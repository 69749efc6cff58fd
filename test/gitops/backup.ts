import type { KubeObject } from '../../src/api/object-meta.ts';

/** The objects of a namespace, as a backup tool reads them. */
export interface Backup {
  /** What Outrigger made. */
  readonly parts: readonly KubeObject[];
  readonly models: readonly KubeObject[];
  readonly rollouts: readonly KubeObject[];
}

/**
 * An object as backup tools bring it back: without what the API server gives and without status; a pod is
 * scheduled anew. They differ in what they do with owners, whose uids are those of the old cluster.
 */
export function restorable(object: KubeObject, owners: 'WithoutOwners' | 'StaleOwners'): KubeObject {
  const { name, labels, annotations, ownerReferences } = object.metadata;
  const { status: _, ...rest } = object as KubeObject & { readonly status?: unknown };
  const metadata = {
    name,
    ...(labels !== undefined && { labels }),
    ...(annotations !== undefined && { annotations }),
    ...(owners === 'StaleOwners' && {
      ownerReferences: ownerReferences?.map((owner) => ({ ...owner, uid: `${owner.uid}-of-old` })) ?? [],
    }),
  };
  return { ...rest, metadata, ...spec(object) };
}

function spec(object: KubeObject): object {
  const { spec: whole } = object as KubeObject & { readonly spec?: object };
  if (whole === undefined) return {};
  const given = new Set(GIVEN[object.kind] ?? []);
  return { spec: Object.fromEntries(Object.entries(whole).filter(([key]) => !given.has(key))) };
}

/** Fields of a spec that belong to the cluster it was read from. */
const GIVEN: Readonly<Record<string, readonly string[]>> = {
  Pod: ['nodeName', 'priority'],
  Service: ['clusterIP', 'clusterIPs'],
};
