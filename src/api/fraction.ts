import { z } from 'zod';
import { ruled } from './rule.ts';
import { textOf } from './text.ts';
import type { Syntax } from './text.ts';

/** A share: a percent string (1%, 0.2%) or a decimal string (0.002). Floats of JSON are not taken, because they do not survive every client. */
export const FRACTION: Syntax = {
  pattern: /^(?:[0-9]{1,6}(?:\.[0-9]{1,6})?%|[0-9]{1,4}(?:\.[0-9]{1,8})?)$/,
  max: 16,
  message: 'must be a percent or a decimal in quotes, such as "0.2%" or "0.002"',
};

/** A percent from 0% to 100%. */
export const PERCENT: Syntax = {
  pattern: /^(?:100|[0-9]{1,2}(?:\.[0-9]{1,4})?)%$/,
  max: 8,
  message: 'must be a percent from 0% to 100%, such as 10%',
};

/** A decimal number, with sign. */
export const DECIMAL: Syntax = {
  pattern: /^-?[0-9]{1,12}(?:\.[0-9]{1,9})?$/,
  max: 24,
  message: 'must be a decimal number in quotes, such as "0.2"',
};

export function fraction() {
  return textOf(FRACTION);
}

export function percent() {
  return textOf(PERCENT);
}

export function decimal() {
  return textOf(DECIMAL);
}

/** The number of a fraction or decimal: 1% is 0.01. Undefined where it is neither. */
export function parseFraction(value: string): number | undefined {
  if (FRACTION.pattern.test(value))
    return value.endsWith('%') ? Number(value.slice(0, -1)) / 100 : Number(value);
  return DECIMAL.pattern.test(value) ? Number(value) : undefined;
}

/** The number of a fraction that the schema has let through. */
export function fractionOf(value: string | number): number {
  const parsed = typeof value === 'number' ? value : parseFraction(value);
  if (parsed === undefined) throw new RangeError(`"${value}" is not a fraction: ${FRACTION.message}`);
  return parsed;
}

/** A percent string of a share, at most four digits after the point: 0.0125 is 1.25%. */
export function formatPercent(share: number): string {
  return `${Number((share * 100).toFixed(4))}%`;
}

/** So many nodes, or such a share of them: 3 or 10%. */
export type CountOrPercent = number | string;

/** Whole percents, as in a Deployment's maxUnavailable. */
const WHOLE_PERCENTS: readonly string[] = Array.from({ length: 100 }, (_, index) => `${index + 1}%`);

/**
 * Each whole percent with its number, as a map of CEL. The API server takes an int-or-string to be as long as a request may
 * be, whatever bound it has, so that a pattern over it costs too much; to look it up in a map costs nothing.
 */
export const CEL_WHOLE_PERCENTS = `{${WHOLE_PERCENTS.map((value, index) => `'${value}': ${index + 1}`).join(', ')}}`;

export function countOrPercent() {
  return ruled(z.union([z.int(), z.string()]).meta({ 'x-kubernetes-int-or-string': true }), [
    {
      cel: `type(self) == int ? self >= 1 : self in ${CEL_WHOLE_PERCENTS}`,
      holds: (self) => (typeof self === 'number' ? self >= 1 : WHOLE_PERCENTS.includes(self)),
      message: 'must be a count of at least 1 or a whole percent from 1% to 100%, such as 3 or 10%',
    },
  ]);
}

/** How many of `total` that is: the count itself, or the share rounded up. Never more than `total`. */
export function resolveCount(value: CountOrPercent, total: number): number {
  if (typeof value === 'number') return Math.min(value, total);
  // In whole percents: 0.07 * 100 is 7.000000000000001, and ceil would make 8 of it.
  const percents = Math.round(fractionOf(value) * 100);
  return Math.min(Math.ceil((percents * total) / 100), total);
}
