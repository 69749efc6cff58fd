import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { SeriesStore } from '../series-store.ts';
import { AGGREGATIONS, aggregate, type Grouping, type GroupsKnown } from './aggregation.ts';
import { binary, isComparison, isSetOperator, type Matching } from './binary.ts';
import { callFunction } from './function-call.ts';
import { withoutName } from './labels.ts';
import { numberLiteral, stringLiteral } from './literal.ts';
import { compileInstant } from './selector.ts';
import type { Source } from './source.ts';
import { child, children, describeMistake, labelNames, textOf } from './tree.ts';
import { type Evaluate, PromqlError, scalar, type Value, vector } from './value.ts';

/**
 * Makes an expression ready to be evaluated at any time. Errors: PromqlError `bad_data` for what does not parse
 * and for what is outside of the subset, with its name.
 */
export function compile(text: string, store: SeriesStore): Evaluate {
  const top = parser.parse(text).topNode;
  const mistake = describeMistake(text, top);
  if (mistake !== undefined) throw new PromqlError('bad_data', mistake);
  const source: Source = { text, store, compile: (node) => compileNode(node, source) };
  return compileNode(child(top, 0), source);
}

function compileNode(node: SyntaxNode, source: Source): Evaluate {
  switch (node.name) {
    case 'ParenExpr':
      return compileNode(child(node, 0), source);
    case 'NumberDurationLiteral': {
      const value = scalar(numberLiteral(textOf(node, source.text)));
      return () => value;
    }
    case 'StringLiteral':
      throw new PromqlError(
        'bad_data',
        `"${stringLiteral(textOf(node, source.text))}" stands where a vector or a number is due`,
      );
    case 'VectorSelector':
    case 'OffsetExpr':
      return compileInstant(node, source);
    case 'FunctionCall':
      return callFunction(node, source);
    case 'AggregateExpr':
      return compileAggregate(node, source);
    case 'BinaryExpr':
      return compileBinary(node, source);
    case 'UnaryExpr':
      return compileUnary(node, source);
    case 'MatrixSelector':
      throw new PromqlError('bad_data', 'a range such as [5m] is only for functions such as increase');
    default:
      throw new PromqlError('bad_data', `the simulated Prometheus has no ${node.name}`);
  }
}

function compileAggregate(node: SyntaxNode, source: Source): Evaluate {
  const parts = children(node);
  const operator = child(child(node, 0), 0).name;
  const combine = AGGREGATIONS[operator];
  if (combine === undefined) throw new PromqlError('bad_data', `the simulated Prometheus has no ${operator}`);
  const modifier = parts.find((part) => part.name === 'AggregateModifier');
  const grouping: Grouping = {
    without: modifier?.getChild('Without') !== null && modifier !== undefined,
    labels: labelNames(modifier?.getChild('GroupingLabels') ?? null, source.text),
  };
  const body = parts.find((part) => part.name === 'FunctionCallBody');
  if (body === undefined) throw new PromqlError('bad_data', `${operator} needs an argument`);
  const argument = compileNode(child(body, 0), source);
  const known: GroupsKnown = new WeakMap();
  return (time) => {
    const value = argument(time);
    if (value.kind === 'scalar')
      throw new PromqlError('bad_data', `${operator} needs a vector, not a number`);
    return vector(aggregate(value.samples, grouping, combine, known));
  };
}

function compileBinary(node: SyntaxNode, source: Source): Evaluate {
  const parts = children(node);
  const [first, operator, last] = [parts[0], parts[1], parts.at(-1)];
  if (first === undefined || operator === undefined || last === undefined) {
    throw new PromqlError('bad_data', 'an operator needs two sides');
  }
  const clause = parts.find((part) => part.name === 'MatchingModifierClause');
  if (clause?.getChild('GroupLeft') ?? clause?.getChild('GroupRight')) {
    throw new PromqlError('bad_data', 'the simulated Prometheus has no group_left and group_right');
  }
  const matching: Matching = {
    on: clause?.getChild('On') !== null && clause !== undefined,
    labels: labelNames(clause?.getChild('GroupingLabels') ?? null, source.text),
  };
  const bool = parts.some((part) => part.name === 'BoolModifier');
  if (operator.name === 'Pow' && first.name === 'NumberDurationLiteral') {
    const base = numberLiteral(textOf(first, source.text));
    // The grammar takes the sign into the number, where Prometheus lets it wait for the power: -2 ^ 2 is -4.
    if (base < 0) {
      const exponent = compileNode(last, source);
      return (time) => negated(binary('Pow', bool, matching, scalar(-base), exponent(time)));
    }
  }
  const [left, right] = [compileNode(first, source), compileNode(last, source)];
  return (time) => {
    const [a, b] = [left(time), right(time)];
    if (a.kind === 'scalar' && b.kind === 'scalar' && isComparison(operator.name) && !bool) {
      throw new PromqlError('bad_data', 'comparisons between scalars must use BOOL modifier');
    }
    if (isSetOperator(operator.name) && (a.kind === 'scalar' || b.kind === 'scalar')) {
      throw new PromqlError(
        'bad_data',
        `set operator ${operator.name} not allowed in binary scalar expression`,
      );
    }
    return binary(operator.name, bool, matching, a, b);
  };
}

function compileUnary(node: SyntaxNode, source: Source): Evaluate {
  const operand = compileNode(child(node, 1), source);
  const sign = textOf(child(node, 0), source.text) === '-' ? -1 : 1;
  return (time) => (sign === 1 ? operand(time) : negated(operand(time)));
}

function negated(value: Value): Value {
  if (value.kind === 'scalar') return scalar(-value.value);
  return vector(
    value.samples.map((sample) => ({ labels: withoutName(sample.labels), value: -sample.value })),
  );
}
