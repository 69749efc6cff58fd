/** What the leader election reads and writes of a coordination.k8s.io/v1 Lease. */
export interface LeaseRecord {
  /** Who leads; empty where nobody does. */
  readonly holder: string;
  readonly durationSeconds: number;
  /** RFC 3339 with microseconds. */
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly transitions: number;
}

export interface StoredLease extends LeaseRecord {
  readonly resourceVersion: string;
}

/** Errors: rejects where no answer came; a write that somebody else overtook is an answer, `conflict`. */
export interface LeasePort {
  /** Undefined where there is none. */
  read(signal: AbortSignal): Promise<StoredLease | undefined>;
  create(record: LeaseRecord, signal: AbortSignal): Promise<StoredLease | 'conflict'>;
  /** Only where the lease still has this resourceVersion. */
  replace(
    record: LeaseRecord,
    resourceVersion: string,
    signal: AbortSignal,
  ): Promise<StoredLease | 'conflict'>;
}
