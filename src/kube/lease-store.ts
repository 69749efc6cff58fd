import type { KubeObject } from '../api/object-meta.ts';
import type { LeasePort, LeaseRecord, StoredLease } from '../controller/ports/lease.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import { apiVersion, RESOURCES } from './resource.ts';

interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

const RESOURCE = RESOURCES.leases;

/** The Lease of this name, for the leader election. */
export function leaseStore(client: KubeClient, namespace: string, name: string): LeasePort {
  return {
    async read(signal) {
      try {
        return stored(await client.get<Lease>(RESOURCE, namespace, name, signal));
      } catch (error) {
        if (isApiError(error, 'notFound')) return undefined;
        throw error;
      }
    },
    create: (record, signal) =>
      unlessOvertaken(client.create(RESOURCE, namespace, leaseOf(namespace, name, record), { signal })),
    replace: (record, resourceVersion, signal) =>
      unlessOvertaken(
        client.replace(RESOURCE, leaseOf(namespace, name, record, resourceVersion), { signal }),
      ),
  };
}

async function unlessOvertaken(write: Promise<Lease>): Promise<StoredLease | 'conflict'> {
  try {
    return stored(await write);
  } catch (error) {
    if (isApiError(error, 'conflict', 'alreadyExists', 'notFound')) return 'conflict';
    throw error;
  }
}

function stored({ metadata, spec }: Lease): StoredLease {
  return {
    holder: spec?.holderIdentity ?? '',
    durationSeconds: spec?.leaseDurationSeconds ?? 0,
    acquireTime: spec?.acquireTime ?? '',
    renewTime: spec?.renewTime ?? '',
    transitions: spec?.leaseTransitions ?? 0,
    resourceVersion: metadata.resourceVersion ?? '',
  };
}

function leaseOf(namespace: string, name: string, record: LeaseRecord, resourceVersion?: string): Lease {
  return {
    apiVersion: apiVersion(RESOURCE),
    kind: RESOURCE.kind,
    metadata: { namespace, name, ...(resourceVersion !== undefined && { resourceVersion }) },
    spec: {
      holderIdentity: record.holder,
      leaseDurationSeconds: record.durationSeconds,
      acquireTime: record.acquireTime,
      renewTime: record.renewTime,
      leaseTransitions: record.transitions,
    },
  };
}
