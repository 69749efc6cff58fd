import { z } from 'zod';
import { analysis } from './analysis.ts';
import { duration } from './duration.ts';
import { edgeRolloutStatus } from './edge-rollout-status.ts';
import type { EdgeRolloutStatus } from './edge-rollout-status.ts';
import type { Immutable } from './immutable.ts';
import { LABEL_KEY, selector } from './label.ts';
import { limits } from './limits.ts';
import { setOf } from './lists.ts';
import { API_VERSION } from './names.ts';
import { modelName, rolloutName } from './object-name.ts';
import type { ObjectMeta } from './object-meta.ts';
import { prometheus } from './prometheus.ts';
import { immutable, ruled } from './rule.ts';
import { text, textOf } from './text.ts';
import { timeZone, updateWindows } from './update-window.ts';
import { waves } from './waves.ts';

const cohorts = z.object({
  by: setOf(
    textOf({
      ...LABEL_KEY,
      message: 'must be the key of a node label, such as topology.kubernetes.io/region',
    }),
    { max: 4 },
  )
    .optional()
    .describe('Node labels by which the nodes of one hardware class are split further.'),
});

const canary = z.object({
  nodeSelector: ruled(selector(), [
    {
      cel: 'self.size() > 0',
      holds: (self) => Object.keys(self).length > 0,
      message: 'must name at least one label, or leave canary out: the canaries are then drawn at random',
    },
  ]),
});

export const edgeRolloutSpec = z.object({
  modelRef: immutable(
    z.object({ name: modelName }),
    'cannot be changed, because the status is of this model: make another EdgeRollout',
  ).describe(
    'The EdgeModel of this namespace whose revisions are rolled out. At most one rollout governs a model; the older one wins.',
  ),
  cohorts: cohorts.optional().describe('How the nodes of one hardware class are split further.'),
  canary: canary
    .optional()
    .describe('Which nodes go first. Left out: they are drawn at random in each cohort.'),
  waves: waves.optional().describe('Default: 1 node, 10%, 50%, 100%.'),
  firstRevision: z
    .enum(['Immediate', 'Waves'])
    .optional()
    .describe('Immediate (default): the first revision of a model goes to all nodes at once. Or Waves.'),
  revert: z
    .enum(['Immediate', 'Waves'])
    .optional()
    .describe(
      'Immediate (default): going back to a revision that was promoted before takes no waves. Or Waves.',
    ),
  limits: limits
    .optional()
    .describe('What a rollout may cost a cohort, and when it counts as failed. An edit applies at once.'),
  prometheus: prometheus
    .optional()
    .describe("Where the measurements come from. Left out: where the operator's own flag says."),
  analysis: analysis.optional().describe('How a candidate is judged. An edit is for the next candidate.'),
  onFailure: z.enum(['Rollback', 'Pause']).optional().describe('Rollback (default) or Pause.'),
  failureScope: z
    .enum(['Fleet', 'Cohort'])
    .optional()
    .describe(
      'Fleet (default): a cohort that fails ends the rollout for all. Cohort: it alone is set aside.',
    ),
  onInconclusive: z
    .enum(['Hold', 'Revert'])
    .optional()
    .describe(
      'What happens when a wave gives no evidence for inconclusiveAfter: Hold (default), or Revert, which rejects nothing. There is no Promote.',
    ),
  inconclusiveAfter: duration().optional().describe('Default 24h.'),
  updateWindows: updateWindows
    .optional()
    .describe(
      'When a node may begin to change from one revision to another; left out: at any time. Fetching ahead, going back from a rejected revision and nodes on which nothing serves do not wait. An edit applies at once.',
    ),
  timeZone: timeZone.optional().describe('In which time zone a node reads updateWindows.'),
  paused: z.boolean().optional().describe('Starts nothing new, and judges on.'),
});

export const edgeRollout = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('EdgeRollout'),
  metadata: z.looseObject({ name: rolloutName, namespace: text(63).optional() }),
  spec: edgeRolloutSpec,
  status: edgeRolloutStatus.optional(),
});

export type EdgeRolloutSpec = Immutable<z.infer<typeof edgeRolloutSpec>>;

export interface EdgeRollout {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: EdgeRolloutSpec;
  readonly status?: EdgeRolloutStatus;
}
