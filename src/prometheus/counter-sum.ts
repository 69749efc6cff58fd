import type { SyntaxNode } from '@lezer/common';
import { injectMatchers } from './inject-matchers.ts';
import type { Matcher } from './matcher.ts';
import { promqlDuration } from './promql-duration.ts';
import { type Promql, parsePromql } from './promql.ts';

/** Tells the counters of a sum apart: without its name one of them may have the labels of another. */
const TERM_LABEL = 'outrigger_term';

/**
 * A counter, or a sum of counters: "ok_total + failed_total", for servers that count each outcome by itself.
 * `field` is how the sentence about a mistake calls it, e.g. "ratio.total".
 */
export const parseCounterSum = (
  text: string,
  field: string,
): readonly Promql[] | { readonly error: string } => {
  const parsed = parsePromql(text, field);
  if ('error' in parsed) return parsed;
  const selectors = terms(parsed.root);
  return selectors === undefined
    ? {
        error: `${field} must be the selector of a counter, such as requests_total{code=~"5.."}, or a sum of them: Outrigger adds increase, sum and the pods itself`,
      }
    : selectors.map((root) => ({ text, root }));
};

/** The selectors of `a + b + c` in the order of the text; undefined where there is anything else. */
const terms = (node: SyntaxNode): readonly SyntaxNode[] | undefined => {
  if (node.name === 'VectorSelector') return [node];
  if (node.name === 'ParenExpr') return node.firstChild === null ? undefined : terms(node.firstChild);
  const [left, operator, right, ...more] = children(node);
  if (node.name !== 'BinaryExpr' || operator?.name !== 'Add' || more.length > 0) return undefined;
  const before = left === undefined ? undefined : terms(left);
  const after = right === undefined ? undefined : terms(right);
  return before === undefined || after === undefined ? undefined : [...before, ...after];
};

const children = (node: SyntaxNode): readonly SyntaxNode[] => {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) found.push(child);
  return found;
};

/**
 * The increase of the counters, as an expression to be summed up. Counters of a sum stand beside each other and are not
 * added by "+", which gives nothing where one of them is not there yet.
 * @param resolution ms
 */
export const increaseOf = (
  counters: readonly Promql[],
  { matchers, resolution }: { readonly matchers: readonly Matcher[]; readonly resolution: number },
): string => {
  const increases = counters.map(
    (counter) => `increase(${injectMatchers(counter, matchers)}[${promqlDuration(resolution)}])`,
  );
  if (increases.length === 1) return increases.join('');
  return increases
    .map((increase, term) => `label_replace(${increase}, "${TERM_LABEL}", "${term}", "", "")`)
    .join(' or ');
};
