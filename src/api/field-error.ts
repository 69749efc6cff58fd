import type { z } from 'zod';
import { sentence } from './sentence.ts';

/** One thing that is wrong: the field as the API server writes it (spec.waves[0].nodes) and a sentence. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** What zod found in `raw`, whose own place is `below`. */
export function fieldErrors(
  error: z.ZodError,
  raw: unknown,
  below: readonly PropertyKey[] = [],
): FieldError[] {
  return error.issues.map((issue) => ({
    path: fieldPath([...below, ...issue.path]),
    message: sentence(issue, at(raw, issue.path)),
  }));
}

/** spec.variants[0].name: as the API server writes paths. */
export function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      return index === 0 ? String(part) : `.${String(part)}`;
    })
    .join('');
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value;
  for (const part of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, part)) return undefined;
    here = Reflect.get(here, part);
  }
  return here;
}
