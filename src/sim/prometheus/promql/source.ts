import type { SyntaxNode } from '@lezer/common';
import type { SeriesStore } from '../series-store.ts';
import type { Evaluate } from './value.ts';

/** What compiling a part of an expression needs. */
export interface Source {
  /** What the tree's positions speak of. */
  readonly text: string;
  readonly store: SeriesStore;
  readonly compile: (node: SyntaxNode) => Evaluate;
}
