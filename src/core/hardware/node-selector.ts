/** Node label matching as kube-scheduler does it (nodeSelector, matchExpressions), with the first mismatch as a sentence. */
export interface NodeSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

type Labels = Readonly<Record<string, string>>;

/** Undefined where it matches. */
export function selectorMismatch(selector: Labels | undefined, labels: Labels): string | undefined {
  for (const [key, value] of Object.entries(selector ?? {})) {
    const actual = labels[key];
    if (actual !== value) return `label ${key} is ${actual ?? 'absent'}, not ${value}`;
  }
  return undefined;
}

/** Undefined where all of them match. */
export function expressionMismatch(
  expressions: readonly NodeSelectorRequirement[] | undefined,
  labels: Labels,
): string | undefined {
  for (const expression of expressions ?? []) {
    const mismatch = requirementMismatch(expression, labels[expression.key]);
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}

function requirementMismatch(
  requirement: NodeSelectorRequirement,
  actual: string | undefined,
): string | undefined {
  const { key, operator } = requirement;
  const values = requirement.values ?? [];
  const shown = actual ?? 'absent';
  switch (operator) {
    case 'In':
      return actual !== undefined && values.includes(actual)
        ? undefined
        : `label ${key} is ${shown}, not one of ${values.join(', ')}`;
    case 'NotIn':
      return actual !== undefined && values.includes(actual)
        ? `label ${key} is ${shown}, one of ${values.join(', ')}`
        : undefined;
    case 'Exists':
      return actual === undefined ? `label ${key} is absent` : undefined;
    case 'DoesNotExist':
      return actual === undefined ? undefined : `label ${key} is there (${shown})`;
    case 'Gt':
    case 'Lt':
      return comparisonMismatch(key, operator, actual, values[0]);
    default:
      return `operator ${operator} for label ${key} is not known; use In, NotIn, Exists, DoesNotExist, Gt or Lt`;
  }
}

function comparisonMismatch(
  key: string,
  operator: 'Gt' | 'Lt',
  actual: string | undefined,
  bound: string | undefined,
): string | undefined {
  const word = operator === 'Gt' ? 'greater' : 'less';
  const integer = /^[+-]?\d+$/;
  if (actual === undefined || bound === undefined || !integer.test(actual) || !integer.test(bound)) {
    return `label ${key} is ${actual ?? 'absent'}, not an integer ${word} than ${bound ?? 'nothing'}`;
  }
  const holds = operator === 'Gt' ? BigInt(actual) > BigInt(bound) : BigInt(actual) < BigInt(bound);
  return holds ? undefined : `label ${key} is ${actual}, not ${word} than ${bound}`;
}
