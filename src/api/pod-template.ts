import { z } from 'zod';
import { GROUP } from './names.ts';
import type { Immutable } from './immutable.ts';
import { DNS_LABEL, LABEL_KEY } from './label.ts';
import { listByKey } from './lists.ts';
import { ruled } from './rule.ts';
import type { Rule } from './rule.ts';
import { mapOf, text, textOf } from './text.ts';

/** The name of the container that serves: the one that gets the model mounted and whose crashes are charged to the revision. */
export const MODEL_CONTAINER = 'model';

const container = z
  .looseObject({ name: textOf(DNS_LABEL) })
  .meta({ 'x-kubernetes-preserve-unknown-fields': true });

const containers = listByKey(container, 'name', { max: 32 });

// A template that sets one of Outrigger's own labels would make a pod that its operator cannot find.
const notOurs: Rule<Readonly<Record<string, string | null>>> = {
  cel: `self.all(k, !k.startsWith('${GROUP}/'))`,
  holds: (self) => Object.keys(self).every((key) => !key.startsWith(`${GROUP}/`)),
  message: `labels of ${GROUP}/ are set by Outrigger: leave them out`,
};

const alwaysRestarts: Rule<{ readonly restartPolicy?: string | undefined }> = {
  cel: "!has(self.restartPolicy) || self.restartPolicy == 'Always'",
  holds: (self) => self.restartPolicy === undefined || self.restartPolicy === 'Always',
  message: 'must be Always, because a model server is to be restarted when it ends; leave it out',
  at: '.restartPolicy',
};

const noNodeName: Rule<{ readonly nodeName?: string | undefined }> = {
  cel: '!has(self.nodeName)',
  holds: (self) => self.nodeName === undefined,
  message:
    'Outrigger chooses the node of each pod: use nodeSelector of the EdgeModel or hardware of the variant',
  at: '.nodeName',
};

const templateLabels = ruled(mapOf({ keys: LABEL_KEY, values: 63, max: 32 }), [notOurs]);

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
      initContainers: containers.optional().describe('As in a Pod.'),
      restartPolicy: text(32).optional().describe('Always, or left out.'),
      nodeName: z.string().max(253).optional().describe('Not allowed: Outrigger chooses the node.'),
    })
    .meta({ 'x-kubernetes-preserve-unknown-fields': true }),
  [alwaysRestarts, noNodeName],
);

export const podTemplate = z.object({ metadata: templateMetadata.optional(), spec: podSpec });

// In a patch null takes a label away.
const patchedLabels = ruled(z.record(z.string(), z.string().max(63).nullable()).meta({ maxProperties: 32 }), [
  notOurs,
]);

/** A strategic merge patch over the template: any field, except those that would break the bond of pod and node. */
export const templatePatch = z
  .looseObject({
    metadata: z
      .looseObject({ labels: patchedLabels.optional() })
      .meta({ 'x-kubernetes-preserve-unknown-fields': true })
      .optional(),
    spec: ruled(
      z
        .looseObject({ restartPolicy: text(32).optional(), nodeName: z.string().max(253).optional() })
        .meta({ 'x-kubernetes-preserve-unknown-fields': true }),
      [alwaysRestarts, noNodeName],
    ).optional(),
  })
  .meta({ 'x-kubernetes-preserve-unknown-fields': true });

export type PodTemplate = Immutable<z.infer<typeof podTemplate>>;
export type TemplatePatch = Immutable<z.infer<typeof templatePatch>>;
