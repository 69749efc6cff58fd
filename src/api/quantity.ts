import { z } from 'zod';

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

/** Some digit other than 0 before the suffix. */
const ABOVE_NOTHING =
  '^(?:[0-9]*[1-9][0-9]*(?:[.][0-9]*)?|[0-9]*[.][0-9]*[1-9][0-9]*)(?:[numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,3})?$';

/**
 * A quantity above nothing; whole numbers may go without quotes. A pattern and not CEL, because the API server counts an
 * int-or-string as long as a whole request, and so many of them would cost more than it allows.
 */
export function quantity() {
  return z
    .union([z.int(), z.string()])
    .meta({ 'x-kubernetes-int-or-string': true, pattern: ABOVE_NOTHING, minimum: 1 })
    .superRefine((self, context) => {
      if (typeof self === 'number' ? self < 1 : !new RegExp(ABOVE_NOTHING).test(self)) {
        context.addIssue({
          code: 'custom',
          continue: false,
          message: 'must be a quantity above nothing, such as 1, 500m or 2Gi',
        });
      }
    });
}
