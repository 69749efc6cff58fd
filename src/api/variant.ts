import { z } from 'zod';
import { artifact } from './artifact.ts';
import { hardware } from './hardware.ts';
import type { Immutable } from './immutable.ts';
import { DNS_LABEL, LABEL_KEY } from './label.ts';
import { templatePatch } from './pod-template.ts';
import { mapOf, textOf } from './text.ts';

/** One build of the model for one kind of hardware. A node gets the first, in the order written, that it can hold. */
export const variant = z.object({
  name: textOf(DNS_LABEL).describe('Shown in status, metrics and the label outrigger.dev/variant.'),
  hardware: hardware
    .optional()
    .describe('What a node must have to run this variant. Left out: the variant fits any node.'),
  artifact: artifact.optional().describe('Where the model comes from, and where the container finds it.'),
  patch: templatePatch
    .optional()
    .describe('A strategic merge patch over the template, for the pods of this variant.'),
  facts: mapOf({ keys: LABEL_KEY, values: 256, max: 32 })
    .optional()
    .describe('What is worth knowing of this build, such as its format and precision.'),
});

export type Variant = Immutable<z.infer<typeof variant>>;
