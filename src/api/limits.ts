import { z } from 'zod';
import { duration } from './duration.ts';
import { countOrPercent, percent } from './fraction.ts';
import type { Immutable } from './immutable.ts';

/** What a rollout may cost a cohort at any one time, and when it counts as failed. An edit applies at once. */
export const limits = z.object({
  /** Of the cohort's reachable nodes, how many may be out of service because of Outrigger; rounded up, at least one. */
  maxUnavailable: countOrPercent().optional(),
  /** How many nodes may fetch at the same time. */
  maxPrefetching: countOrPercent().optional(),
  /** The share of nodes seen within 72 h that must have been reached for a rollout to be complete. */
  minReachable: percent().optional(),
  /** How long a reachable node may take from the end of prefetch to Ready. */
  progressDeadline: duration().optional(),
  /** The share of a wave's nodes that may fail before the revision does. */
  failureThreshold: percent().optional(),
  /** So many nodes at least must have failed before the revision does; at most the wave's size. */
  minFailedNodes: z.int().min(1).max(10_000).optional(),
  /** The share of a cohort, at least three nodes, that keeps stable until the last wave: the controls. */
  holdback: percent().optional(),
});

export type Limits = Immutable<z.infer<typeof limits>>;
