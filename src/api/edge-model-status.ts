import { z } from 'zod';
import { conditions } from './condition.ts';
import type { Immutable } from './immutable.ts';
import { listByKey } from './lists.ts';
import { MESSAGE_MAX, text } from './text.ts';

const count = z.int().min(0);
const time = z.string().max(40).meta({ format: 'date-time' });

/** A node on which something is not as it should be, and why. */
export const nodeException = z.object({
  node: text(253),
  reason: text(128),
  message: z.string().max(MESSAGE_MAX),
  since: time.optional(),
});

export const variantStatus = z.object({ name: text(63), nodes: count, ready: count });

export const modelNodes = z.object({
  eligible: count,
  ready: count,
  offline: count,
  lagging: count,
  incompatible: count,
});

export const edgeModelStatus = z.object({
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .describe('The generation of the spec that this status speaks of.'),
  currentRevision: z.string().max(63).optional().describe('The revision of the spec as it stands.'),
  stableRevision: z
    .string()
    .max(63)
    .optional()
    .describe('The newest revision promoted in every cohort that is not set aside.'),
  version: z.string().max(63).optional().describe('The version of the stable revision.'),
  phase: z.string().max(64).optional().describe('What the conditions come to, in a word.'),
  nodes: modelNodes.optional().describe('Numbers of nodes.'),
  variants: listByKey(variantStatus, 'name', { max: 16 }).optional(),
  /** The worst 20. */
  exceptions: listByKey(nodeException, 'node', { max: 20 }).optional(),
  conditions: conditions.optional().describe('Ready, Reconciling, Stalled and Accepted.'),
});

export type NodeException = Immutable<z.infer<typeof nodeException>>;
export type VariantStatus = Immutable<z.infer<typeof variantStatus>>;
export type ModelNodes = Immutable<z.infer<typeof modelNodes>>;
export type EdgeModelStatus = Immutable<z.infer<typeof edgeModelStatus>>;
