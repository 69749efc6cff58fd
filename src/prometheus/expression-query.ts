import type { SyntaxNode } from '@lezer/common';
import { injectMatchers } from './inject-matchers.ts';
import type { Matcher } from './matcher.ts';
import { anyOf } from './matcher.ts';
import type { Promql } from './promql.ts';
import { find, parsePromql } from './promql.ts';

export interface ExpressionOptions {
  readonly groupBy: string;
  readonly matchers: readonly Matcher[];
  /** Values of each label that may say where a sample comes from; a label without values is not narrowed. */
  readonly members: Readonly<Record<string, readonly string[]>>;
}

export interface ExpressionQuery {
  readonly query: string;
  /** The label of the answer's series that says where they come from. */
  readonly label: string;
}

/**
 * A user's own expression. Its matchers go into every selector. The list of judged pods does so only
 * where each selector's label surely reaches the result, so that no joined series loses its partner.
 */
export const expressionQuery = (
  expr: string,
  options: ExpressionOptions,
): ExpressionQuery | { readonly error: string } => {
  const parsed = parsePromql(expr, 'query.expr');
  if ('error' in parsed) return parsed;
  const kept = keptLabels(parsed);
  const label =
    kept === undefined ? options.groupBy : [options.groupBy, 'node'].find((name) => kept.includes(name));
  if (label === undefined) {
    return {
      error: `query.expr adds its nodes up: its outermost aggregation must keep the label ${options.groupBy} or node, as in "max by (node) (…)"`,
    };
  }
  const values = options.members[label] ?? [];
  const narrowed = values.length > 0 && passesLabelsThrough(parsed) ? [anyOf(label, values)] : [];
  return { query: injectMatchers(parsed, [...options.matchers, ...narrowed]), label };
};

/** Labels that the outermost aggregation keeps; undefined where all (but few) stay. */
const keptLabels = ({ root, text }: Promql): readonly string[] | undefined => {
  if (root.name !== 'AggregateExpr') return undefined;
  const operator = root.getChild('AggregateOp')?.firstChild?.name ?? '';
  const modifier = root.getChild('AggregateModifier');
  // These pick samples and leave their labels alone.
  if (['Topk', 'Bottomk', 'LimitK', 'LimitRatio'].includes(operator)) return undefined;
  if (modifier === null) return [];
  if (modifier.getChild('By') === null) return undefined;
  const labels = modifier.getChild('GroupingLabels');
  return labels === null
    ? []
    : children(labels).map((node) => text.slice(node.from, node.to).replaceAll(/^"|"$/gu, ''));
};

const CHANGES_LABELS: ReadonlySet<string> = new Set([
  'MatchingModifierClause',
  'LabelReplace',
  'LabelJoin',
  'Scalar',
  'Absent',
  'AbsentOverTime',
  'Info',
  'Topk',
  'Bottomk',
  'LimitK',
  'LimitRatio',
]);

const passesLabelsThrough = ({ root }: Promql): boolean =>
  find(root, (node) => CHANGES_LABELS.has(node.name)) === undefined &&
  find(root, (node) => node.name === 'AggregateExpr' && !sameNode(node, root)) === undefined;

const sameNode = (a: SyntaxNode, b: SyntaxNode): boolean =>
  a.from === b.from && a.to === b.to && a.name === b.name;

const children = (node: SyntaxNode): readonly SyntaxNode[] => {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) found.push(child);
  return found;
};
