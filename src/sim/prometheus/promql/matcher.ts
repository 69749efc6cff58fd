import { type Labels, NAME } from './labels.ts';
import { PromqlError } from './value.ts';

export interface Matcher {
  readonly label: string;
  readonly matches: (value: string) => boolean;
  /** Set where only this one value matches. */
  readonly equals?: string;
}

export type MatchOperator = '=' | '!=' | '=~' | '!~';

export function matcher(label: string, operator: MatchOperator, value: string): Matcher {
  switch (operator) {
    case '=':
      return { label, equals: value, matches: (actual) => actual === value };
    case '!=':
      return { label, matches: (actual) => actual !== value };
    case '=~': {
      const literals = alternatives(value);
      if (literals !== undefined) return { label, matches: (actual) => literals.has(actual) };
      const pattern = wholeMatch(value);
      return { label, matches: (actual) => pattern.test(actual) };
    }
    case '!~': {
      const pattern = wholeMatch(value);
      return { label, matches: (actual) => !pattern.test(actual) };
    }
  }
}

/** A missing label is an empty one. */
export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((each) => each.matches(labels[each.label] ?? ''));
}

export function metricName(matchers: readonly Matcher[]): string | undefined {
  return matchers.find((each) => each.label === NAME)?.equals;
}

/** Regular expressions match the whole value, line breaks included. RE2 has them all but look-around and back references. */
export function wholeMatch(expression: string): RegExp {
  const flags = /^\(\?([imsU]+)\)/.exec(expression);
  const body = flags === null ? expression : expression.slice(flags[0].length);
  try {
    return new RegExp(`^(?:${body})$`, flags?.[1]?.includes('i') ? 'si' : 's');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PromqlError('bad_data', `error parsing regexp: ${reason}: \`${expression}\``);
  }
}

/** The values of an expression that is a list of literal texts, as long ones are; undefined for any other. */
function alternatives(expression: string): ReadonlySet<string> | undefined {
  if (!/^(?:[^\\^$.|?*+()[\]{}]|\\[\\^$.|?*+()[\]{}]|\|)*$/.test(expression)) return undefined;
  const texts = expression.match(/(?:[^\\|]|\\.)+|(?<=\||^)(?=\||$)/gs) ?? [];
  return new Set(texts.map((text) => text.replaceAll(/\\(.)/gs, '$1')));
}
