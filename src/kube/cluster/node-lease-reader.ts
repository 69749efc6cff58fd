import type { KubeObject } from '../../api/object-meta.ts';
import type { NodeLeaseSource } from '../../controller/ports/node-lease-source.ts';
import type { KubeClient } from '../client.ts';
import { isApiError } from '../errors.ts';
import { RESOURCES } from '../resource.ts';

interface Lease extends KubeObject {
  readonly metadata: KubeObject['metadata'] & { readonly managedFields?: readonly ManagedFields[] };
  readonly spec?: { readonly renewTime?: string; readonly leaseDurationSeconds?: number };
}

interface ManagedFields {
  /** When this writer last changed one of its fields, by the API server's clock. */
  readonly time?: string;
  readonly fieldsV1?: { readonly 'f:spec'?: { readonly 'f:renewTime'?: object } };
}

/** Where kubelets keep their Leases, named like their Nodes. */
const NAMESPACE = 'kube-node-lease';
/** A kubelet's own default. */
const DURATION_SECONDS = 40;

/**
 * Reads Leases of nodes by GET. How old one is, is the difference of two times of the API server: that of its answer,
 * and that at which it took the last renewal, which it notes for whoever owns `renewTime`.
 */
export function nodeLeaseReader(client: Pick<KubeClient, 'getDated'>): NodeLeaseSource {
  return {
    async read(node) {
      try {
        const { object, answeredAt } = await client.getDated<Lease>(RESOURCES.leases, NAMESPACE, node);
        const { renewTime, leaseDurationSeconds = DURATION_SECONDS } = object.spec ?? {};
        if (renewTime === undefined) return undefined;
        const takenAt = lastRenewal(object.metadata.managedFields ?? []);
        const age =
          answeredAt === undefined || takenAt === undefined ? undefined : Math.max(0, answeredAt - takenAt);
        return { renewTime, durationMs: leaseDurationSeconds * 1_000, age };
      } catch (error) {
        if (isApiError(error, 'notFound')) return undefined;
        throw error;
      }
    },
  };
}

function lastRenewal(managed: readonly ManagedFields[]): number | undefined {
  const times = managed
    .filter(({ fieldsV1 }) => fieldsV1?.['f:spec']?.['f:renewTime'] !== undefined)
    .map(({ time }) => Date.parse(time ?? ''))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}
