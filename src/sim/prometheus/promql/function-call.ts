import type { SyntaxNode } from '@lezer/common';
import { type Labels, signature, withoutName } from './labels.ts';
import { stringLiteral } from './literal.ts';
import { wholeMatch } from './matcher.ts';
import { RANGE_FUNCTIONS } from './range-function.ts';
import { compileWindows } from './selector.ts';
import type { Source } from './source.ts';
import { child, children, textOf } from './tree.ts';
import { type Evaluate, PromqlError, type Sample, scalar, type Value, vector } from './value.ts';

export function callFunction(node: SyntaxNode, source: Source): Evaluate {
  const name = textOf(child(node, 0), source.text);
  const body = node.getChild('FunctionCallBody');
  const parts = body === null ? [] : children(body);
  const range = RANGE_FUNCTIONS[name];
  if (range !== undefined) {
    const windows = compileWindows(argument(parts, 0, name), source);
    return (time) => {
      const samples: Sample[] = [];
      for (const { series, window } of windows(time)) {
        const value = range.apply(window);
        const labels = range.keepsName ? series.labels : series.bareLabels;
        if (value !== undefined) samples.push({ labels, value });
      }
      return vector(distinct(samples));
    };
  }
  switch (name) {
    case 'time':
      return (time) => scalar(time / 1_000);
    case 'label_replace':
      return labelReplace(parts, source);
    case 'timestamp': {
      const of = source.compile(argument(parts, 0, name));
      return (time) => mapped(of(time), (sample) => (sample.at ?? time) / 1_000);
    }
    case 'vector': {
      const of = source.compile(argument(parts, 0, name));
      return (time) => vector([{ labels: {}, value: number(of(time), name) }]);
    }
    case 'scalar': {
      const of = source.compile(argument(parts, 0, name));
      return (time) => {
        const [only, ...more] = samplesOf(of(time), name);
        return scalar(only === undefined || more.length > 0 ? NaN : only.value);
      };
    }
    default:
      return elementwise(name, parts, source);
  }
}

const ELEMENTWISE: Readonly<Record<string, (value: number, first: number, second: number) => number>> = {
  abs: (value) => Math.abs(value),
  ceil: (value) => Math.ceil(value),
  floor: (value) => Math.floor(value),
  sqrt: (value) => Math.sqrt(value),
  exp: (value) => Math.exp(value),
  ln: (value) => Math.log(value),
  clamp: (value, low, high) => Math.max(low, Math.min(high, value)),
  clamp_min: (value, low) => Math.max(low, value),
  clamp_max: (value, high) => Math.min(high, value),
};

function elementwise(name: string, parts: readonly SyntaxNode[], source: Source): Evaluate {
  const apply = ELEMENTWISE[name];
  if (apply === undefined)
    throw new PromqlError('bad_data', `the simulated Prometheus has no function ${name}`);
  const of = source.compile(argument(parts, 0, name));
  const bounds = parts.slice(1).map((part) => source.compile(part));
  return (time) => {
    const [first = NaN, second = NaN] = bounds.map((bound) => number(bound(time), name));
    return mapped(of(time), (sample) => apply(sample.value, first, second));
  };
}

/** A regular expression that matches all of the source label writes the destination label; an empty value removes it. */
function labelReplace(parts: readonly SyntaxNode[], source: Source): Evaluate {
  const of = source.compile(argument(parts, 0, 'label_replace'));
  const [destination, replacement, from, expression] = [1, 2, 3, 4].map((index) =>
    stringLiteral(textOf(argument(parts, index, 'label_replace'), source.text)),
  ) as [string, string, string, string];
  const pattern = wholeMatch(expression);
  const replaced = (before: Labels): Labels => {
    const match = pattern.exec(before[from] ?? '');
    if (match === null) return before;
    const value = expand(replacement, match);
    const labels: Record<string, string> = { ...before, [destination]: value };
    if (value === '') Reflect.deleteProperty(labels, destination);
    return labels;
  };
  // The next step has the same labels again.
  const known = new WeakMap<Labels, Labels>();
  return (time) => {
    const samples = samplesOf(of(time), 'label_replace').map((sample): Sample => {
      const labels = known.get(sample.labels) ?? replaced(sample.labels);
      known.set(sample.labels, labels);
      return { ...sample, labels };
    });
    return vector(distinct(samples));
  };
}

/** `$1`, `${1}`, `$name`, `${name}` and `$$` in a replacement; as in Go, `$1x` is a group called `1x`. */
function expand(template: string, match: RegExpExecArray): string {
  return template.replace(/\$(\$|\w+|\{\w+\})/g, (_match, name: string) => {
    if (name === '$') return '$';
    const group = name.replace(/^\{|\}$/g, '');
    return (/^\d+$/.test(group) ? match[Number(group)] : match.groups?.[group]) ?? '';
  });
}

function mapped(value: Value, to: (sample: Sample) => number): Value {
  const samples = samplesOf(value, 'the function');
  return vector(
    distinct(samples.map((sample) => ({ labels: withoutName(sample.labels), value: to(sample) }))),
  );
}

/** Dropping the name of the metric must not make two series one. */
function distinct(samples: readonly Sample[]): readonly Sample[] {
  const seen = new Set<string>();
  for (const { labels } of samples) {
    const key = signature(labels);
    if (seen.has(key)) throw sameLabels(labels);
    seen.add(key);
  }
  return samples;
}

function sameLabels(labels: Labels): PromqlError {
  return new PromqlError(
    'execution',
    `vector cannot contain metrics with the same labelset: ${JSON.stringify(labels)}`,
  );
}

function argument(parts: readonly SyntaxNode[], index: number, name: string): SyntaxNode {
  const part = parts[index];
  if (part === undefined) {
    throw new PromqlError(
      'bad_data',
      `expected more than ${index} argument(s) in call to "${name}", got ${parts.length}`,
    );
  }
  return part;
}

function samplesOf(value: Value, name: string): readonly Sample[] {
  if (value.kind === 'vector') return value.samples;
  throw new PromqlError('bad_data', `expected type instant vector in call to function "${name}", got scalar`);
}

function number(value: Value, name: string): number {
  if (value.kind === 'scalar') return value.value;
  throw new PromqlError('bad_data', `expected type scalar in call to function "${name}", got instant vector`);
}
