import { z } from 'zod';
import type { Immutable } from './immutable.ts';
import { LABEL_KEY, LABEL_VALUE, selector } from './label.ts';
import { resourceQuantity } from './quantity.ts';
import { ruled } from './rule.ts';
import { celString, text, textOf } from './text.ts';

const INTEGER = '^-?[0-9]{1,18}$';

/** One expression over a node's labels, as in a node selector term. */
export const matchExpression = ruled(
  z.object({
    key: textOf({ ...LABEL_KEY, message: LABEL_KEY.message.replace('every key', 'the key') }),
    operator: z
      .enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'])
      .describe(
        "In, NotIn (a label's value is among values or not, or the label is missing), Exists, DoesNotExist, Gt or Lt (its value as a whole number is above or below the one given).",
      ),
    values: z
      .array(z.string().max(LABEL_VALUE.max))
      .max(32)
      .optional()
      .describe('What the operator compares with.'),
  }),
  [
    {
      cel: "!(self.operator in ['In', 'NotIn']) || (has(self.values) && self.values.size() > 0)",
      holds: ({ operator, values }) => !['In', 'NotIn'].includes(operator) || (values ?? []).length > 0,
      message: 'In and NotIn need at least one value',
    },
    {
      cel: "!(self.operator in ['Exists', 'DoesNotExist']) || !has(self.values) || self.values.size() == 0",
      holds: ({ operator, values }) =>
        !['Exists', 'DoesNotExist'].includes(operator) || (values ?? []).length === 0,
      message: 'Exists and DoesNotExist take no values',
    },
    {
      cel: `!(self.operator in ['Gt', 'Lt']) || (has(self.values) && self.values.size() == 1 && self.values[0].matches(${celString(INTEGER)}))`,
      holds: ({ operator, values = [] }) =>
        !['Gt', 'Lt'].includes(operator) ||
        (values.length === 1 && new RegExp(INTEGER).test(values[0] ?? '')),
      message: 'Gt and Lt need exactly one value, a whole number in quotes',
    },
  ],
);

/** What a node must be to run a variant. Everything said must hold; what is left out holds for any node. */
export const hardware = z.object({
  nodeSelector: selector().optional().describe('Labels that the node must have.'),
  matchExpressions: z
    .array(matchExpression)
    .max(16)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional()
    .describe("Expressions over the node's labels, all of which must hold."),
  resources: ruled(z.record(z.string(), resourceQuantity()).meta({ maxProperties: 16 }), [
    {
      cel: `self.all(k, k.size() <= ${LABEL_KEY.max} && k.matches(${celString(LABEL_KEY.pattern.source)}))`,
      holds: (self) =>
        Object.keys(self).every((key) => key.length <= LABEL_KEY.max && LABEL_KEY.pattern.test(key)),
      message: 'every resource must be named as nodes name it, such as memory or nvidia.com/gpu',
    },
    {
      cel: 'self.size() <= 16',
      holds: (self) => Object.keys(self).length <= 16,
      message: 'must have at most 16 resources',
    },
  ])
    .optional()
    .describe('What must be allocatable on the node; the pod requests it.'),
  binding: z
    .enum(['Sticky', 'Strict'])
    .optional()
    .describe(
      "Sticky (default): a node that stops matching keeps its pod until the mismatch has lasted ten minutes. Strict: all of hardware is put into the pod's node affinity.",
    ),
});

export type MatchExpression = Immutable<z.infer<typeof matchExpression>>;
export type Hardware = Immutable<z.infer<typeof hardware>>;

/** A reference to a Secret of the same namespace. */
export const secretRef = z.object({ name: text(253) });
