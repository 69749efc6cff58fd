import type { SyntaxNode } from '@lezer/common';
import { stringLiteral } from './literal.ts';
import { PromqlError } from './value.ts';

export function textOf(node: SyntaxNode, text: string): string {
  return text.slice(node.from, node.to);
}

export function children(node: SyntaxNode): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let each = node.firstChild; each !== null; each = each.nextSibling) {
    if (each.name !== 'LineComment') found.push(each);
  }
  return found;
}

export function child(node: SyntaxNode, index: number): SyntaxNode {
  const found = children(node)[index];
  if (found === undefined) throw new PromqlError('bad_data', `${node.name} is not complete`);
  return found;
}

/** The names in `(a, "b")`. */
export function labelNames(grouping: SyntaxNode | null, text: string): readonly string[] {
  if (grouping === null) return [];
  return children(grouping).map((node) => {
    const name = textOf(node, text);
    return node.name === 'QuotedLabelName' ? stringLiteral(name) : name;
  });
}

/** Where the text stops being PromQL, if it does. */
export function describeMistake(text: string, top: SyntaxNode): string | undefined {
  let mistake: SyntaxNode | undefined;
  top.cursor().iterate((node) => {
    if (mistake === undefined && node.type.isError) mistake = node.node;
  });
  if (mistake === undefined) return undefined;
  const before = text.slice(0, mistake.from).split('\n');
  const position = `${before.length}:${(before.at(-1) ?? '').length + 1}`;
  const rest = textOf(mistake, text) || text.slice(mistake.from, mistake.from + 20);
  return `${position}: parse error: ${rest === '' ? 'unexpected end of input' : `unexpected "${rest}"`}`;
}
