import type { LeaseRead } from '../../core/node/lease-reading.ts';

/** Reads the Lease of one node; nothing lists or watches them. */
export interface NodeLeaseSource {
  /** Undefined where there is none, or one that was never renewed. Errors: ApiFailure. */
  read(node: string): Promise<LeaseRead | undefined>;
}
