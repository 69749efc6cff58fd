import { shortHash } from '../../api/canonical.ts';

/**
 * The variant, and the values of the `cohorts.by` labels behind it, joined by dots: a valid label value, so
 * that pods carry it as it stands. What is too long for a label is cut and told apart by a hash, and so is what
 * would read the same as other values: with several labels, dots or nothing in one of them.
 */
export function cohortName(
  variant: string,
  by: readonly string[],
  labels: Readonly<Record<string, string>>,
): string {
  const parts = [variant, ...by.map((key) => labels[key] ?? 'none')];
  const name = parts.join('.');
  const values = parts.slice(1);
  const ambiguous =
    values.some((value) => value === '') ||
    (values.length > 1 && values.some((value) => value.includes('.')));
  if (name.length <= 63 && !ambiguous) return name;
  return `${name.slice(0, 52)}-${shortHash(parts, 10)}`;
}
