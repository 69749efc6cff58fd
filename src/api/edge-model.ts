import { z } from 'zod';
import { config } from './config.ts';
import { edgeModelStatus } from './edge-model-status.ts';
import type { EdgeModelStatus } from './edge-model-status.ts';
import type { Immutable } from './immutable.ts';
import { LABEL_KEY, LABEL_VALUE, selector } from './label.ts';
import { listByKey, setOf } from './lists.ts';
import { API_VERSION, GROUP } from './names.ts';
import { modelName } from './object-name.ts';
import type { ObjectMeta } from './object-meta.ts';
import { podTemplate } from './pod-template.ts';
import { quantity } from './quantity.ts';
import { ruled } from './rule.ts';
import { service } from './service.ts';
import { text, textOf } from './text.ts';
import { variant } from './variant.ts';

const toleration = z.object({
  key: z.string().max(LABEL_KEY.max).optional(),
  operator: z.enum(['Exists', 'Equal']).optional(),
  value: z.string().max(63).optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.int().optional(),
});

const copiedLabel = ruled(
  textOf({ ...LABEL_KEY, message: 'must be the key of a node label, such as site' }),
  [
    {
      cel: `!self.startsWith('${GROUP}/') && !self.startsWith('app.kubernetes.io/')`,
      holds: (self) => !self.startsWith(`${GROUP}/`) && !self.startsWith('app.kubernetes.io/'),
      message: `labels of ${GROUP}/ and app.kubernetes.io/ are set by Outrigger and cannot be copied from the node`,
    },
  ],
);

export const edgeModelSpec = z.object({
  version: textOf({
    ...LABEL_VALUE,
    pattern: /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
    message:
      'must be a label value, because pods carry it: at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit',
  }).describe('The name that people use for this revision; shown everywhere.'),
  nodeSelector: selector()
    .optional()
    .describe('Labels of the nodes that are to run the model at all. Left out: all nodes.'),
  tolerations: z
    .array(toleration)
    .max(32)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional()
    .describe('Added to those of the template.'),
  template: podTemplate.describe(
    'A PodTemplateSpec, as in a Deployment. The container named model is the one that serves.',
  ),
  config: config
    .optional()
    .describe(
      'Files that belong to the revision: file name to content, mounted at /etc/model in the container named model.',
    ),
  podLabelsFromNode: setOf(copiedLabel, { max: 16 })
    .optional()
    .describe('Node labels that each pod gets at its creation, for metrics and for what differs by site.'),
  variants: listByKey(variant, 'name', { min: 1, max: 16 }).describe(
    'Builds of the model. A node gets the first, in the order written, that it can hold.',
  ),
  cache: z
    .object({ storageClassName: z.string().max(253).optional(), size: quantity() })
    .optional()
    .describe(
      'Where fetched files are kept on each node: a claim of this storage class and size. Left out: an emptyDir.',
    ),
  service: service
    .optional()
    .describe('The Service beside the pods, named like the model. Left out: none is made.'),
  updateStrategy: z
    .enum(['Auto', 'Surge', 'Replace'])
    .optional()
    .describe(
      'Surge: the new pod starts beside the old one. Replace: the old pod goes first, after everything is fetched. Auto (default): Surge where the node can hold both.',
    ),
  updatePolicy: z
    .enum(['Rollout', 'Rolling'])
    .optional()
    .describe(
      'Without an EdgeRollout: Rollout (default) applies the first revision and holds later ones; Rolling updates by readiness alone.',
    ),
  deletionPolicy: z
    .enum(['Delete', 'Orphan'])
    .optional()
    .describe('Delete (default) removes the pods with the model; Orphan leaves them running.'),
  adopt: z
    .object({
      selector: ruled(selector(), [
        {
          cel: 'self.size() > 0',
          holds: (self) => Object.keys(self).length > 0,
          message: 'must name at least one label: an empty selector would adopt every pod of the namespace',
        },
      ]).describe('Labels of the pods, all of which a pod must have.'),
    })
    .optional()
    .describe(
      'Pods that a DaemonSet left behind (kubectl delete daemonset NAME --cascade=orphan): taken over as they run, they are revision 0, the stable one that the spec is tried against. Without effect once a revision of the spec is stored.',
    ),
  revisionHistoryLimit: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('How many promoted revisions are kept; default 5.'),
});

export const edgeModel = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('EdgeModel'),
  metadata: z.looseObject({ name: modelName, namespace: text(63).optional() }),
  spec: edgeModelSpec,
  status: edgeModelStatus.optional(),
});

export type EdgeModelSpec = Immutable<z.infer<typeof edgeModelSpec>>;
export type Toleration = Immutable<z.infer<typeof toleration>>;

export interface EdgeModel {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: EdgeModelSpec;
  readonly status?: EdgeModelStatus;
}
