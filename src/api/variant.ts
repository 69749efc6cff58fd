import { z } from 'zod';
import { artifact } from './artifact.ts';
import { hardware } from './hardware.ts';
import type { Immutable } from './immutable.ts';
import { DNS_LABEL, LABEL_KEY } from './label.ts';
import { templatePatch } from './pod-template.ts';
import { mapOf, textOf } from './text.ts';

/** One build of the model for one kind of hardware. A node gets the first, in the order written, that it can hold. */
export const variant = z.object({
  name: textOf(DNS_LABEL),
  hardware: hardware.optional(),
  artifact: artifact.optional(),
  patch: templatePatch.optional(),
  facts: mapOf({ keys: LABEL_KEY, values: 256, max: 32 }).optional(),
});

export type Variant = Immutable<z.infer<typeof variant>>;
