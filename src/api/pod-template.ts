import { z } from 'zod';
import { GROUP } from './names.ts';
import type { Immutable } from './immutable.ts';
import { DNS_LABEL, LABEL_KEY } from './label.ts';
import { ruled } from './rule.ts';
import { mapOf, text, textOf } from './text.ts';

/** The name of the container that serves: the one that gets the model mounted and whose crashes are charged to the revision. */
export const MODEL_CONTAINER = 'model';

const container = z
  .looseObject({ name: textOf(DNS_LABEL) })
  .meta({ 'x-kubernetes-preserve-unknown-fields': true });

const containers = z
  .array(container)
  .max(32)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] });

// The keys are Outrigger's: a template that sets one would make a pod that its own operator cannot find.
const templateLabels = ruled(mapOf({ keys: LABEL_KEY, values: 63, max: 32 }), [
  {
    cel: `self.all(k, !k.startsWith('${GROUP}/'))`,
    holds: (self) => Object.keys(self).every((key) => !key.startsWith(`${GROUP}/`)),
    message: `labels of ${GROUP}/ are set by Outrigger: leave them out`,
  },
]);

const templateMetadata = z
  .looseObject({
    labels: templateLabels.optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  })
  .meta({ 'x-kubernetes-preserve-unknown-fields': true });

/** A pod's spec: what CEL looks at is declared, the rest is the API server's to judge by a dry run. */
const podSpec = ruled(
  z
    .looseObject({
      containers: ruled(containers, [
        {
          cel: `self.exists_one(c, c.name == '${MODEL_CONTAINER}')`,
          holds: (self) => self.filter((one) => one.name === MODEL_CONTAINER).length === 1,
          message: `needs exactly one container named ${MODEL_CONTAINER}: the one that serves`,
        },
      ]),
      initContainers: containers.optional(),
      restartPolicy: text(32).optional(),
      nodeName: z.string().max(253).optional(),
    })
    .meta({ 'x-kubernetes-preserve-unknown-fields': true }),
  [
    {
      cel: "!has(self.restartPolicy) || self.restartPolicy == 'Always'",
      holds: (self) => self.restartPolicy === undefined || self.restartPolicy === 'Always',
      message: 'must be Always, because a model server is to be restarted when it ends; leave it out',
      at: '.restartPolicy',
    },
    {
      cel: '!has(self.nodeName)',
      holds: (self) => self.nodeName === undefined,
      message: 'Outrigger chooses the node of each pod: use spec.nodeSelector of the EdgeModel instead',
      at: '.nodeName',
    },
  ],
);

export const podTemplate = z.object({ metadata: templateMetadata.optional(), spec: podSpec });

/** A strategic merge patch over the template: any field, except those that would break the bond of pod and node. */
export const templatePatch = z
  .looseObject({
    spec: ruled(
      z
        .looseObject({ restartPolicy: text(32).optional(), nodeName: z.string().max(253).optional() })
        .meta({ 'x-kubernetes-preserve-unknown-fields': true }),
      [
        {
          cel: "!has(self.restartPolicy) || self.restartPolicy == 'Always'",
          holds: (self) => self.restartPolicy === undefined || self.restartPolicy === 'Always',
          message: 'must be Always, because a model server is to be restarted when it ends; leave it out',
          at: '.restartPolicy',
        },
        {
          cel: '!has(self.nodeName)',
          holds: (self) => self.nodeName === undefined,
          message: 'Outrigger chooses the node of each pod: use the hardware of the variant instead',
          at: '.nodeName',
        },
      ],
    ).optional(),
  })
  .meta({ 'x-kubernetes-preserve-unknown-fields': true });

export type PodTemplate = Immutable<z.infer<typeof podTemplate>>;
export type TemplatePatch = Immutable<z.infer<typeof templatePatch>>;
