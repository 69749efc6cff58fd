import type { z } from 'zod';

/**
 * One condition on a value, said twice: in CEL for the API server and as a predicate for everything that runs without one.
 * The two stand side by side so that who changes one sees the other; test/api holds both against the same bad manifests.
 */
export interface Rule<T> {
  readonly cel: string;
  readonly holds: (self: T) => boolean;
  /** A sentence that says what to do. */
  readonly message: string;
  /** The field to blame, below the one that carries the rule, such as `.service.nodePort`. */
  readonly at?: string;
}

/** A rule as a CRD spells it. */
export interface CelValidation {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

export const VALIDATIONS = 'x-kubernetes-validations';

/** The schema with the rules: zod refuses what CEL refuses, at the same path with the same sentence. */
export function ruled<S extends z.ZodType>(schema: S, rules: readonly Rule<z.output<S>>[]): S {
  const refined = schema.superRefine((value, context) => {
    for (const rule of rules) {
      if (!rule.holds(value)) {
        // Without `continue` the rules of what is around this value may rely on it.
        context.addIssue({ code: 'custom', message: rule.message, path: segments(rule.at), continue: false });
      }
    }
  });
  const validations = [...validationsOf(schema), ...rules.map(celOf)];
  return refined.meta({ ...schema.meta(), [VALIDATIONS]: validations });
}

/** Refuses a change of a value on update. Only the API server knows the old one, so that this rule is CEL alone. */
export function immutable<S extends z.ZodType>(schema: S, message: string): S {
  const validation: CelValidation = { rule: 'self == oldSelf', message };
  return schema.meta({ ...schema.meta(), [VALIDATIONS]: [...validationsOf(schema), validation] });
}

function celOf(rule: Rule<never>): CelValidation {
  return { rule: rule.cel, message: rule.message, ...(rule.at === undefined ? {} : { fieldPath: rule.at }) };
}

function validationsOf(schema: z.ZodType): readonly CelValidation[] {
  const known = schema.meta()?.[VALIDATIONS];
  return Array.isArray(known) ? known : [];
}

function segments(at: string | undefined): string[] {
  return at === undefined ? [] : at.split('.').filter((part) => part !== '');
}

// What a schema may carry beside its shape: the extensions of structural schemas, passed through to the CRD.
declare module 'zod' {
  interface GlobalMeta {
    maxProperties?: number;
    format?: string;
    pattern?: string;
    minimum?: number;
    [VALIDATIONS]?: readonly CelValidation[];
    'x-kubernetes-int-or-string'?: true;
    'x-kubernetes-preserve-unknown-fields'?: true;
    'x-kubernetes-list-type'?: 'map' | 'set' | 'atomic';
    'x-kubernetes-list-map-keys'?: readonly string[];
    'x-kubernetes-map-type'?: 'atomic' | 'granular';
  }
}
