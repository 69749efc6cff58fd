import type { Labels } from './labels.ts';

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** When it was scraped, ms; only what a selector gives has one of its own. */
  readonly at?: number;
}

/** What an expression is worth at one instant. */
export type Value =
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'vector'; readonly samples: readonly Sample[] };

/** An expression made ready: its value at a time (ms since the epoch). */
export type Evaluate = (time: number) => Value;

/** What can't be asked or can't be answered, as the HTTP API tells it. */
export class PromqlError extends Error {
  readonly kind: 'bad_data' | 'execution';

  constructor(kind: 'bad_data' | 'execution', message: string) {
    super(message);
    this.kind = kind;
  }
}

export function vector(samples: readonly Sample[]): Value {
  return { kind: 'vector', samples };
}

export function scalar(value: number): Value {
  return { kind: 'scalar', value };
}
