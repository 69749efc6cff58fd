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
import { ruled } from './rule.ts';
import { text, textOf } from './text.ts';
import { waves } from './waves.ts';

const cohorts = z.object({
  /** Node labels by which the nodes of one hardware class are split further. */
  by: setOf(
    textOf({
      ...LABEL_KEY,
      message: 'must be the key of a node label, such as topology.kubernetes.io/region',
    }),
    { max: 4 },
  ).optional(),
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
  modelRef: z.object({ name: modelName }),
  cohorts: cohorts.optional(),
  canary: canary.optional(),
  waves: waves.optional(),
  firstRevision: z.enum(['Immediate', 'Waves']).optional(),
  revert: z.enum(['Immediate', 'Waves']).optional(),
  limits: limits.optional(),
  prometheus: prometheus.optional(),
  analysis: analysis.optional(),
  onFailure: z.enum(['Rollback', 'Pause']).optional(),
  failureScope: z.enum(['Fleet', 'Cohort']).optional(),
  /** There is no Promote: without evidence nothing is promoted but by a person who is named. */
  onInconclusive: z.enum(['Hold', 'Revert']).optional(),
  inconclusiveAfter: duration().optional(),
  paused: z.boolean().optional(),
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
