import { parser } from '@prometheus-io/lezer-promql';

/** What stands in for the variables that Grafana fills in before it asks. */
export function withoutVariables(expression: string): string {
  return expression
    .replaceAll('$__rate_interval', '5m')
    .replaceAll('$__range', '6h')
    .replaceAll(/\$\{?[a-z]+\}?/g, 'x');
}

/** Where an expression does not parse, the text there; undefined where it does. */
export function fault(expression: string): string | undefined {
  let found: string | undefined;
  parser.parse(expression).iterate({
    enter(node) {
      if (node.type.isError) found ??= `at ${node.from}: ${expression.slice(node.from)}`;
    },
  });
  return expression.trim() === '' ? 'empty' : found;
}

/** The metrics that an expression selects. */
export function metricsOf(expression: string): readonly string[] {
  const found = new Set<string>();
  parser.parse(expression).iterate({
    enter({ name, from, to, node }) {
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector')
        found.add(expression.slice(from, to));
    },
  });
  return [...found];
}

/** Every label that an expression names: in matchers, groupings and joins. */
export function labelsOf(expression: string): readonly string[] {
  const found = new Set<string>();
  parser.parse(expression).iterate({
    enter({ name, from, to }) {
      if (name === 'LabelName') found.add(expression.slice(from, to));
    },
  });
  return [...found];
}
