import { z } from 'zod';

/** Undefined for a text that is neither a number nor a percent. */
function parse(text: string): number | undefined {
  const bare = text.replaceAll(/\s/g, '');
  const number = Number(bare.endsWith('%') ? bare.slice(0, -1) : bare);
  if (!/^[-+.0-9]/.test(bare) || !Number.isFinite(number)) return undefined;
  return bare.endsWith('%') ? number / 100 : number;
}

/** A number, or a string such as "1%" or "0.01", as a number. */
export const numeric = z.unknown().transform((value, context) => {
  const number = typeof value === 'string' ? parse(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  context.addIssue({
    code: 'custom',
    message: value === undefined ? 'Required value' : 'must be a number or a percent, such as 0.01 or "1%"',
  });
  return z.NEVER;
});

/** The chance that a candidate without harm fails. */
export const rate = numeric.refine(
  (value) => value > 0 && value < 1,
  'must be above 0 and below 1, such as 0.01 or "1%"',
);

export const amount = numeric.refine((value) => value >= 0, 'must not be negative');

const left = amount.nullish().transform((value) => value ?? undefined);

/** A number on its own is a share of the value of stable. */
export const margin = z.preprocess(
  (value) => (typeof value === 'number' || typeof value === 'string' ? { relative: value } : value),
  z.object({ relative: left, absolute: left }),
);
