import { drop, keep, type Labels, NAME, signature, withoutName } from './labels.ts';
import { PromqlError, type Sample, scalar, type Value, vector } from './value.ts';

/** Which labels of the two sides have to agree. */
export interface Matching {
  readonly on: boolean;
  readonly labels: readonly string[];
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Mod: (a, b) => a % b,
  Pow: (a, b) => a ** b,
};

const COMPARISON: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  Eql: (a, b) => a === b,
  Neq: (a, b) => a !== b,
  Gtr: (a, b) => a > b,
  Lss: (a, b) => a < b,
  Gte: (a, b) => a >= b,
  Lte: (a, b) => a <= b,
};

export function isComparison(operator: string): boolean {
  return COMPARISON[operator] !== undefined;
}

export function isSetOperator(operator: string): boolean {
  return operator === 'And' || operator === 'Or' || operator === 'Unless';
}

/** Undefined: the comparison filters the sample out. */
type Combine = (left: number, right: number) => number | undefined;

/** `a OP b`. A comparison filters, or with `bool` answers 0 or 1. */
export function binary(
  operator: string,
  bool: boolean,
  matching: Matching,
  left: Value,
  right: Value,
): Value {
  if (isSetOperator(operator)) return setOperation(operator, matching, samplesOf(left), samplesOf(right));
  const combine = combination(operator, bool);
  // A filter leaves the samples as they are; everything else makes them something new.
  const keepsName = isComparison(operator) && !bool;
  const labelsOf = (labels: Labels): Labels => (keepsName ? labels : withoutName(labels));
  if (left.kind === 'scalar' && right.kind === 'scalar') {
    return scalar(combine(left.value, right.value) ?? NaN);
  }
  if (left.kind === 'vector' && right.kind === 'vector') {
    return vector(oneToOne(matching, left.samples, right.samples, combine, labelsOf));
  }
  const results: Sample[] = [];
  for (const sample of samplesOf(left.kind === 'vector' ? left : right)) {
    const [a, b] = [valueOr(left, sample), valueOr(right, sample)];
    const combined = combine(a, b);
    if (combined === undefined) continue;
    // A filter passes the vector's value on, whichever side it is on.
    results.push({ labels: labelsOf(sample.labels), value: keepsName ? sample.value : combined });
  }
  return vector(results);
}

function combination(operator: string, bool: boolean): Combine {
  const compare = COMPARISON[operator];
  if (compare !== undefined) {
    if (bool) return (a, b) => (compare(a, b) ? 1 : 0);
    return (a, b) => (compare(a, b) ? a : undefined);
  }
  const arithmetic = ARITHMETIC[operator];
  if (arithmetic === undefined)
    throw new PromqlError('bad_data', `operator ${operator} is not in the subset`);
  return arithmetic;
}

function oneToOne(
  matching: Matching,
  left: readonly Sample[],
  right: readonly Sample[],
  combine: Combine,
  labelsOf: (labels: Labels) => Labels,
): readonly Sample[] {
  const partners = new Map<string, Sample>();
  for (const sample of right) {
    const key = matchKey(matching, sample.labels);
    if (partners.has(key)) throw manyMatches('right', matching);
    partners.set(key, sample);
  }
  const seen = new Set<string>();
  const results: Sample[] = [];
  for (const sample of left) {
    const key = matchKey(matching, sample.labels);
    const partner = partners.get(key);
    if (partner === undefined) continue;
    if (seen.has(key)) throw manyMatches('left', matching);
    seen.add(key);
    const value = combine(sample.value, partner.value);
    if (value === undefined) continue;
    const labels = labelsOf(sample.labels);
    results.push({
      labels: matching.on ? keep(labels, matching.labels) : drop(labels, matching.labels),
      value,
    });
  }
  return results;
}

function setOperation(
  operator: string,
  matching: Matching,
  left: readonly Sample[],
  right: readonly Sample[],
): Value {
  const keysOf = (samples: readonly Sample[]): Set<string> =>
    new Set(samples.map((sample) => matchKey(matching, sample.labels)));
  if (operator === 'Or') {
    const there = keysOf(left);
    return vector([...left, ...right.filter((sample) => !there.has(matchKey(matching, sample.labels)))]);
  }
  const there = keysOf(right);
  const wanted = operator === 'And';
  return vector(left.filter((sample) => there.has(matchKey(matching, sample.labels)) === wanted));
}

function matchKey(matching: Matching, labels: Labels): string {
  return signature(matching.on ? keep(labels, matching.labels) : drop(labels, [NAME, ...matching.labels]));
}

function manyMatches(side: 'left' | 'right', matching: Matching): PromqlError {
  const labels = `${matching.on ? 'on' : 'ignoring'}(${matching.labels.join(', ')})`;
  return new PromqlError(
    'execution',
    `found duplicate series for the match group on the ${side} hand-side of the operation, matching ${labels}; ` +
      'many-to-many matching not allowed: matching labels must be unique on one side',
  );
}

function samplesOf(value: Value): readonly Sample[] {
  if (value.kind === 'vector') return value.samples;
  throw new PromqlError('bad_data', 'set operators need a vector on both sides');
}

function valueOr(value: Value, sample: Sample): number {
  return value.kind === 'scalar' ? value.value : sample.value;
}
