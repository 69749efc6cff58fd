import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** An expression that parsed. */
export interface Promql {
  readonly text: string;
  /** The outermost expression, with its parentheses taken off. */
  readonly root: SyntaxNode;
}

export type ParsedPromql = Promql | { readonly error: string };

/** Parses an expression; `field` is how the sentence about a mistake calls it, e.g. "ratio.bad". */
export const parsePromql = (text: string, field: string): ParsedPromql => {
  if (text.trim() === '') return { error: `${field} is empty: write a PromQL expression` };
  const top = parser.parse(text).topNode;
  const mistake = find(top, (node) => node.type.isError);
  if (mistake !== undefined) return { error: describeMistake(text, mistake, field) };
  let root = top.firstChild;
  while (root?.name === 'ParenExpr') root = root.firstChild;
  return root === null ? { error: `${field} holds no expression` } : { text, root };
};

/** First node in the order of the text for which `test` holds. */
export const find = (node: SyntaxNode, test: (node: SyntaxNode) => boolean): SyntaxNode | undefined => {
  if (test(node)) return node;
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    const found = find(child, test);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** All nodes of a kind, in the order of the text. */
export const all = (node: SyntaxNode, name: string): readonly SyntaxNode[] => {
  const found: SyntaxNode[] = node.name === name ? [node] : [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    found.push(...all(child, name));
  return found;
};

const describeMistake = (text: string, node: SyntaxNode, field: string): string => {
  const before = text.slice(0, node.from);
  const line = before.split('\n').length;
  const column = node.from - (before.lastIndexOf('\n') + 1) + 1;
  const rest = text.slice(node.from).trim();
  const there = rest === '' ? 'something is missing at its end' : `unexpected "${rest.slice(0, 20)}"`;
  return `${field} is not a PromQL expression: line ${line}, column ${column}: ${there}`;
};
