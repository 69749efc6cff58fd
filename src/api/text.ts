import { z } from 'zod';
import { ruled } from './rule.ts';

/** Syntax of a string, with the sentence that a person reads instead of the pattern. Patterns are RE2: no lookahead, no flags. */
export interface Syntax {
  readonly pattern: RegExp;
  readonly max: number;
  readonly message: string;
}

/** A string of at most `max` characters. The bound is also what keeps the cost of CEL rules within the API server's budget. */
export function text(max: number) {
  return z.string().min(1).max(max);
}

/** The longest sentence that a status takes. */
export const MESSAGE_MAX = 1024;

/** A sentence cut to what a status takes: a write that is refused for its length would say nothing at all. */
export function clip(sentence: string, max: number = MESSAGE_MAX): string {
  return sentence.length <= max ? sentence : `${sentence.slice(0, max - 1)}…`;
}

/** A string of a syntax, refused with the syntax's own sentence. */
export function textOf(syntax: Syntax) {
  return ruled(z.string().max(syntax.max), [
    {
      cel: `self.matches(${celString(syntax.pattern.source)})`,
      holds: (self) => syntax.pattern.test(self),
      message: syntax.message,
    },
  ]);
}

/** A string literal of CEL. */
export function celString(value: string): string {
  return `'${value.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`;
}

export interface MapSyntax {
  readonly keys: Syntax;
  readonly values: Syntax | number;
  readonly max: number;
}

/** A map of strings. Structural schemas have no pattern for keys, so a rule looks at them. */
export function mapOf(syntax: MapSyntax) {
  const { keys, max } = syntax;
  const values = typeof syntax.values === 'number' ? z.string().max(syntax.values) : textOf(syntax.values);
  return ruled(z.record(z.string(), values).meta({ maxProperties: max }), [
    {
      cel: `self.all(k, k.size() <= ${keys.max} && k.matches(${celString(keys.pattern.source)}))`,
      holds: (self) => Object.keys(self).every((key) => key.length <= keys.max && keys.pattern.test(key)),
      message: keys.message,
    },
  ]).superRefine((value, context) => {
    if (Object.keys(value).length > max) {
      context.addIssue({ code: 'custom', continue: false, message: `must have at most ${max} entries` });
    }
  });
}
