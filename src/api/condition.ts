import { z } from 'zod';
import type { Immutable } from './immutable.ts';
import { text } from './text.ts';

/** A condition as kstatus and `kubectl wait` read it. */
export const condition = z.object({
  type: text(64),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: text(128),
  message: z.string().max(32_768),
  lastTransitionTime: z.string().max(40).meta({ format: 'date-time' }),
  observedGeneration: z.int().min(0).optional(),
});

export type Condition = Immutable<z.infer<typeof condition>>;

export const conditions = z
  .array(condition)
  .max(16)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] });

/** The list with the condition in its place; the time of transition is kept while the status is the same. `now` is RFC 3339. */
export function setCondition(
  list: readonly Condition[],
  next: Omit<Condition, 'lastTransitionTime'>,
  now: string,
): readonly Condition[] {
  const before = list.find((entry) => entry.type === next.type);
  const since = before?.status === next.status ? before.lastTransitionTime : now;
  const entry: Condition = { ...next, lastTransitionTime: since };
  return before === undefined ? [...list, entry] : list.map((old) => (old.type === next.type ? entry : old));
}
