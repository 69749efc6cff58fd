import type { KubeObject } from '../api/object-meta.ts';
import type { PassUnderWay } from '../controller/workers.ts';
import type { WatchHealth } from '../kube/watch-health.ts';

/** One term of leadership; times in ms since the epoch. */
export interface Term {
  /** When the lease was last renewed; undefined where no lease is held and this process leads by itself. */
  readonly renewedAt: number | undefined;
  /** When it was lost or given up; its passes under way end after their current action. */
  readonly endedAt: number | undefined;
}

/** What a running operator can be asked at any moment: /metrics, /healthz and /readyz are derived from it. */
export interface OperatorState {
  /** Whether every resource has been listed once. */
  readonly ready: boolean;
  readonly watches: readonly WatchHealth[];
  /** Undefined where this process does not lead and has no work of a former term left. */
  readonly term: Term | undefined;
  readonly passes: readonly PassUnderWay[];
  /** Models that wait for a worker. */
  readonly queueLength: number;
  readonly droppedEvents: number;
  /** EdgeModels and EdgeRollouts as last seen; by resource, how many objects of each are kept. */
  readonly models: readonly KubeObject[];
  readonly rollouts: readonly KubeObject[];
  readonly stored: Readonly<Record<string, number>>;
}

export function isLeading({ term }: Pick<OperatorState, 'term'>): boolean {
  return term !== undefined && term.endedAt === undefined;
}
