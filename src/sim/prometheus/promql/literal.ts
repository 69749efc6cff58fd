import { PromqlError } from './value.ts';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** Ms of `5m`, `1h30m`, `-5m`, or of a number of seconds. */
export function durationLiteral(text: string): number {
  const trimmed = text.trim();
  const sign = trimmed.startsWith('-') ? -1 : 1;
  const body = trimmed.replace(/^[+-]/, '');
  if (/^\d+(\.\d+)?$/.test(body)) return sign * Number(body) * 1_000;
  const parts = body.match(/\d+(?:ms|[smhdwy])/g) ?? [];
  if (parts.length === 0 || parts.join('') !== body) {
    throw new PromqlError('bad_data', `not a valid duration string: "${text}"`);
  }
  return sign * parts.reduce((total, part) => total + Number.parseInt(part, 10) * unitOf(part), 0);
}

/** A number, also `Inf`, `NaN`, hexadecimal, or a duration in seconds. */
export function numberLiteral(text: string): number {
  const lower = text.toLowerCase().replaceAll(/\s/g, '');
  if (lower === 'nan') return NaN;
  if (/^[+-]?inf$/.test(lower)) return lower.startsWith('-') ? -Infinity : Infinity;
  const value = Number(lower.replaceAll('_', ''));
  return Number.isNaN(value) ? durationLiteral(lower) / 1_000 : value;
}

/** What a quoted string says. Backquotes take everything as it is. */
export function stringLiteral(text: string): string {
  const quote = text[0];
  const body = text.slice(1, -1);
  if (quote === '`') return body;
  return body.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/g, (_match, escape: string) => {
    if (escape.length > 1) return String.fromCodePoint(Number.parseInt(escape.slice(1), 16));
    return ESCAPES[escape] ?? escape;
  });
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
};

function unitOf(part: string): number {
  return UNITS[part.replace(/^\d+/, '')] ?? 0;
}
