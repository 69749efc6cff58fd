import { z } from 'zod';
import { duration } from './duration.ts';
import { countOrPercent, percent } from './fraction.ts';
import type { Immutable } from './immutable.ts';

/** What a rollout may cost a cohort at any one time, and when it counts as failed. An edit applies at once. */
export const limits = z.object({
  maxUnavailable: countOrPercent()
    .optional()
    .describe(
      "How many of a cohort's reachable nodes may be out of service because of Outrigger: a count, or a whole percent that is rounded up; at least one, default 10%.",
    ),
  maxPrefetching: countOrPercent()
    .optional()
    .describe(
      'How many pulls may be under way at the same time for this rollout to begin another one, counted over all models of the operator: a count, or a whole percent of the nodes of the model; default 5.',
    ),
  minReachable: percent()
    .optional()
    .describe(
      'The share of the nodes seen within 72 h that must have been reached for a rollout to be complete, and of the nodes of a wave that must be reachable for it to go on; default 80%.',
    ),
  progressDeadline: duration()
    .optional()
    .describe('How long a reachable node may take from the end of prefetch to Ready; default 30m.'),
  failureThreshold: percent()
    .optional()
    .describe("The share of a wave's nodes that may fail before the revision does; default 20%."),
  minFailedNodes: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      "So many nodes at least must have failed before the revision does; default 2, at most the wave's size.",
    ),
  holdback: percent()
    .optional()
    .describe(
      'The share of a cohort, at least three nodes, that keeps stable until the last wave, for comparison; default 10%.',
    ),
});

export type Limits = Immutable<z.infer<typeof limits>>;
