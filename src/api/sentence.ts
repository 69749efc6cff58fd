import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** One issue of zod in a sentence, in the words of the API server where it has some, so that both ways of asking read alike. */
export function sentence(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined ? 'Required value' : wrongType(issue.expected, value);
    case 'invalid_union':
      return value === undefined ? 'Required value' : wrongType('integer or string', value);
    case 'invalid_value':
      return value === undefined ? 'Required value' : unsupported(issue.values, value);
    case 'too_big':
      return bound('most', 'less', issue.origin, Number(issue.maximum));
    case 'too_small':
      return bound('least', 'greater', issue.origin, Number(issue.minimum));
    default:
      return issue.message;
  }
}

const NAMES: Readonly<Record<string, string>> = { int: 'integer', record: 'object' };

function wrongType(expected: string, value: unknown): string {
  const hint =
    expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')
      ? `; YAML reads ${String(value)} as a ${typeof value}, put it in quotes`
      : '';
  return `must be of type ${NAMES[expected] ?? expected}, not ${typeName(value)}${hint}`;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function unsupported(values: readonly unknown[], value: unknown): string {
  const supported = values.map((one) => JSON.stringify(one)).join(', ');
  return `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`;
}

function bound(amount: 'least' | 'most', comparison: string, origin: string, limit: number): string {
  switch (origin) {
    case 'array':
      return `must have at ${amount} ${limit} item${limit === 1 ? '' : 's'}`;
    case 'string':
      return limit === 1 && amount === 'least'
        ? 'must not be empty'
        : `must have at ${amount} ${limit} characters`;
    default:
      return `must be ${comparison} than or equal to ${limit}`;
  }
}
