import { z } from 'zod';

import { textOf } from './text.ts';
import type { Syntax } from './text.ts';

/** A quantity of Kubernetes, as people write it: 2Gi, 500m, 1e3, "4", 4. */
export type Quantity = string | number;

export const QUANTITY_PATTERN =
  /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,3})?$/;

const SUFFIX: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number that a quantity stands for (bytes, cores, devices), undefined where it is none. */
export function parseQuantity(value: Quantity): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (!QUANTITY_PATTERN.test(value)) return undefined;
  const suffix = /[KMGTPE]i$|[numkMGTPE]$/.exec(value)?.[0];
  if (suffix === undefined) return Number(value);
  return Number(value.slice(0, -suffix.length)) * (SUFFIX[suffix] ?? 1);
}

/** Negative where a < b, 0 where they are equal, positive where a > b. What is no quantity counts as nothing, so that it satisfies no request. */
export function compareQuantity(a: Quantity, b: Quantity): number {
  return (parseQuantity(a) ?? 0) - (parseQuantity(b) ?? 0);
}

/** Some digit other than 0, and no sign. */
const ABOVE_NOTHING: Syntax = {
  pattern:
    /^(?:[0-9]*[1-9][0-9]*(?:[.][0-9]*)?|[0-9]*[.][0-9]*[1-9][0-9]*)(?:[numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,3})?$/,
  max: 32,
  message:
    'must be a quantity above nothing, in quotes where it is a bare number, such as 500m, 2Gi or "1000000"',
};

/** A quantity above nothing, as a string. */
export function quantity() {
  return textOf(ABOVE_NOTHING);
}

/**
 * A quantity above nothing, as a string or a whole number: everyone writes `nvidia.com/gpu: 1`. By a pattern and not by a
 * rule, because the API server takes an int-or-string to be as long as a whole request, so that a rule over many of them
 * costs more than it allows.
 */
export function resourceQuantity() {
  return z
    .union([z.int(), z.string()])
    .meta({ 'x-kubernetes-int-or-string': true, pattern: ABOVE_NOTHING.pattern.source, minimum: 1 })
    .superRefine((self, context) => {
      if (typeof self === 'number' ? self < 1 : !ABOVE_NOTHING.pattern.test(self)) {
        const message = 'must be a quantity above nothing, such as 1, 500m or 2Gi';
        context.addIssue({ code: 'custom', continue: false, message });
      }
    });
}
