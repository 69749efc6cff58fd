import type { SyntaxNode } from '@lezer/common';
import type { Matcher } from './matcher.ts';
import { renderMatchers } from './matcher.ts';
import type { Promql } from './promql.ts';
import { all } from './promql.ts';

/**
 * The expression with the matchers added to each of its selectors, at the places that the syntax
 * tree gives, so that a brace within a string or a comment is never taken for a selector's.
 */
export const injectMatchers = (promql: Promql, matchers: readonly Matcher[]): string => {
  const { text, root } = promql;
  if (matchers.length === 0) return text.slice(root.from, root.to);
  const added = renderMatchers(matchers);
  let result = '';
  let done = root.from;
  for (const selector of all(root, 'VectorSelector')) {
    const { at, insert } = insertion(selector, added);
    result += text.slice(done, at) + insert;
    done = at;
  }
  return result + text.slice(done, root.to);
};

const insertion = (selector: SyntaxNode, added: string): { readonly at: number; readonly insert: string } => {
  const braces = selector.getChild('LabelMatchers');
  if (braces === null) return { at: selector.to, insert: `{${added}}` };
  const open = braces.from + 1;
  return { at: open, insert: braces.firstChild === null ? added : `${added},` };
};
