import { z } from 'zod';
import { ruled } from './rule.ts';

interface Bounds {
  readonly min?: number;
  readonly max: number;
}

/** A list whose items are known by a key, so that two appliers can own different items of it. */
export function listByKey<S extends z.ZodType<Readonly<Record<string, unknown>>>>(
  item: S,
  key: string,
  bounds: Bounds,
) {
  const list = z.array(item).max(bounds.max);
  return withUniqueKeys(bounds.min === undefined ? list : list.min(bounds.min), key).meta({
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': [key],
  });
}

// The API server refuses doubles by the list type itself ("Duplicate value"), so that this rule has no CEL.
function withUniqueKeys<S extends z.ZodType<readonly Readonly<Record<string, unknown>>[]>>(
  list: S,
  key: string,
): S {
  return list.superRefine((items, context) => {
    const seen = new Set<unknown>();
    for (const [index, item] of items.entries()) {
      if (seen.has(item[key])) {
        context.addIssue({
          code: 'custom',
          continue: false,
          path: [index],
          message: `Duplicate value: ${key} ${String(item[key])}`,
        });
      }
      seen.add(item[key]);
    }
  });
}

/** A list in which nothing stands twice. */
export function setOf<S extends z.ZodType<string>>(item: S, bounds: Bounds) {
  const list = z.array(item).max(bounds.max);
  return (bounds.min === undefined ? list : list.min(bounds.min))
    .superRefine((items, context) => {
      for (const [index, value] of items.entries()) {
        if (items.indexOf(value) < index) {
          context.addIssue({
            code: 'custom',
            continue: false,
            path: [index],
            message: `Duplicate value: ${value}`,
          });
        }
      }
    })
    .meta({ 'x-kubernetes-list-type': 'set' });
}

/** A list that is refused when it is written out empty, with the sentence that says what was probably meant. */
export function notEmpty<S extends z.ZodType<readonly unknown[]>>(list: S, message: string): S {
  return ruled(list, [{ cel: 'self.size() > 0', holds: (self) => self.length > 0, message }]);
}
