import { z } from 'zod';
import { conditions } from './condition.ts';
import type { Immutable } from './immutable.ts';
import { listByKey } from './lists.ts';
import { MESSAGE_MAX, text } from './text.ts';

const count = z.int().min(0);
const time = z.string().max(40).meta({ format: 'date-time' });
const revisionName = z.string().max(63);
/** Numbers of evidence are decimal or percent strings: people read them, and floats of JSON do not survive every client. */
const figure = z.string().max(64);

export const VERDICTS = ['Pass', 'Fail', 'Undecided'] as const;
export const ROLLOUT_PHASES = [
  'Pending',
  'Progressing',
  'Soaking',
  'Holding',
  'AwaitingApproval',
  'Paused',
  'RollingBack',
  'RolledBack',
  'Reverting',
  'Promoted',
  'Conflict',
] as const;
export const COHORT_PHASES = [
  'Waiting',
  'Progressing',
  'Soaking',
  'Holding',
  'Passed',
  'SetAside',
  'RollingBack',
  'RolledBack',
  'Promoted',
] as const;

/** What one metric says of one cohort in one wave, with its evidence. */
export const cohortVerdict = z.object({
  metric: text(63),
  verdict: z.enum(VERDICTS),
  reason: text(128),
  message: z.string().max(MESSAGE_MAX).optional().describe('The sentence with the numbers in it.'),
  test: z
    .string()
    .max(64)
    .optional()
    .describe('Which test ran, such as Randomisation, EProcess, Bound or Pods.'),
  detectable: figure
    .optional()
    .describe('The smallest fault that the test can see with so many nodes, in the unit of the estimate.'),
  estimate: figure.optional().describe('How much worse the candidate is.'),
  lower: figure.optional(),
  upper: figure.optional(),
  margin: figure.optional().describe('How much worse counts as harm.'),
  nodes: count.optional().describe('Judged nodes that run the candidate.'),
  controls: count.optional().describe('Judged nodes that run stable.'),
  samples: count.optional(),
  window: z
    .object({ from: time, to: time })
    .optional()
    .describe('The first and last minute of the evidence, the same for both arms.'),
});

export const cohortStatus = z.object({
  name: text(63),
  nodes: count,
  updated: count,
  ready: count,
  offline: count,
  lagging: count,
  failed: count,
  phase: z.enum(COHORT_PHASES),
  reason: z.string().max(128).optional(),
  message: z.string().max(MESSAGE_MAX).optional(),
  verdicts: listByKey(cohortVerdict, 'metric', { max: 32 }).optional(),
});

export const rejectedEntry = z.object({
  revision: text(63),
  attempt: z.int().min(1),
  version: z.string().max(63).optional(),
  at: time,
  cohort: z.string().max(63).optional(),
  reason: text(128),
  message: z.string().max(MESSAGE_MAX),
});

export const rolloutNodes = z.object({
  total: count,
  updated: count,
  ready: count,
  offline: count,
  lagging: count,
  failed: count,
  suspect: count,
});

export const stableStatus = z.object({ revision: revisionName, version: z.string().max(63) });

export const candidateStatus = z.object({
  revision: revisionName,
  attempt: z.int().min(1),
  version: z.string().max(63),
  startedAt: time,
});

export const waveStatus = z.object({
  name: text(63),
  index: count,
  startedAt: time,
  soakedUntil: time.optional(),
});

export const edgeRolloutStatus = z.object({
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .describe("The generation of this rollout's spec that this status speaks of."),
  observedModelGeneration: z
    .int()
    .min(0)
    .optional()
    .describe("The generation of the model's spec that this status speaks of."),
  phase: z.enum(ROLLOUT_PHASES).optional(),
  phaseSince: time.optional().describe('Since when the rollout is in this phase.'),
  message: z.string().max(MESSAGE_MAX).optional(),
  stable: stableStatus.optional().describe('The revision promoted last.'),
  candidate: candidateStatus.optional().describe('The revision that is being tried, and at which attempt.'),
  wave: waveStatus.optional().describe('Where the rollout is.'),
  approval: z
    .string()
    .max(160)
    .optional()
    .describe(
      'While a wave waits for a person: the value of the annotation outrigger.dev/approve that lets it begin.',
    ),
  nextWindow: time
    .optional()
    .describe('While nodes wait for their update window: when the next one opens, on the first of them.'),
  updated: z.string().max(32).optional().describe('Nodes on the candidate, of all, such as 12/50.'),
  verdict: z.enum(VERDICTS).optional().describe('The worst of all metrics and cohorts.'),
  nodes: rolloutNodes.optional(),
  metrics: listByKey(z.object({ name: text(63), query: z.string().max(1024) }), 'name', {
    max: 32,
  }).optional(),
  cohorts: listByKey(cohortStatus, 'name', { max: 64 }).optional(),
  rejected: z
    .array(rejectedEntry)
    .max(50)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional()
    .describe(
      'Revisions that were rolled back, and why. One is started again only by a retry that names its attempt.',
    ),
  conditions: conditions.optional().describe('Ready, Reconciling, Stalled, Healthy, Paused and Approved.'),
});

export type Verdict = (typeof VERDICTS)[number];
export type RolloutPhase = (typeof ROLLOUT_PHASES)[number];
export type CohortPhase = (typeof COHORT_PHASES)[number];
export type CohortVerdict = Immutable<z.infer<typeof cohortVerdict>>;
export type CohortStatus = Immutable<z.infer<typeof cohortStatus>>;
export type RejectedEntry = Immutable<z.infer<typeof rejectedEntry>>;
export type RolloutNodes = Immutable<z.infer<typeof rolloutNodes>>;
export type StableStatus = Immutable<z.infer<typeof stableStatus>>;
export type CandidateStatus = Immutable<z.infer<typeof candidateStatus>>;
export type WaveStatus = Immutable<z.infer<typeof waveStatus>>;
export type EdgeRolloutStatus = Immutable<z.infer<typeof edgeRolloutStatus>>;
