import type { SyntaxNode } from '@lezer/common';
import type { Series } from '../series-store.ts';
import { NAME } from './labels.ts';
import { durationLiteral, stringLiteral } from './literal.ts';
import { type MatchOperator, type Matcher, matcher } from './matcher.ts';
import type { Window } from './range-function.ts';
import type { Source } from './source.ts';
import { child, children, textOf } from './tree.ts';
import { type Evaluate, PromqlError, type Sample, vector } from './value.ts';

/** How old a sample may be and still count as the present value. */
export const LOOKBACK_MS = 300_000;

export interface SeriesWindow {
  readonly series: Series;
  readonly window: Window;
}

/** `metric{label="value"} offset 5m`: the newest sample of each series that is neither old nor stale. */
export function compileInstant(node: SyntaxNode, source: Source): Evaluate {
  const { inner, offset } = withoutOffset(node, source);
  if (inner.name !== 'VectorSelector') {
    throw new PromqlError('bad_data', `an offset is for selectors, not for ${inner.name}`);
  }
  const select = selection(matchersOf(inner, source), source);
  return (time) => {
    const at = time - offset;
    const samples: Sample[] = [];
    for (const series of select()) {
      const index = series.newest(at - LOOKBACK_MS, at);
      const value = series.values[index];
      const scraped = series.times[index];
      if (value !== undefined && scraped !== undefined)
        samples.push({ labels: series.labels, value, at: scraped });
    }
    return vector(samples);
  };
}

/** `metric[5m] offset 1h`: the samples of each series in the window, which is open on the left. */
export function compileWindows(node: SyntaxNode, source: Source): (time: number) => readonly SeriesWindow[] {
  const { inner, offset } = withoutOffset(node, source);
  if (inner.name !== 'MatrixSelector') {
    throw new PromqlError('bad_data', `a range such as metric[5m] is due, not ${inner.name}`);
  }
  const duration = inner.getChild('DurationExpr');
  const range = durationLiteral(duration === null ? '' : textOf(duration, source.text));
  if (range <= 0) throw new PromqlError('bad_data', 'duration must be greater than 0');
  const select = selection(matchersOf(child(inner, 0), source), source);
  return (time) => {
    const end = time - offset;
    const start = end - range;
    const found: SeriesWindow[] = [];
    for (const series of select()) {
      const [from, to] = [series.firstAfter(start), series.firstAfter(end)];
      if (from === to) continue;
      const [times, values] = [series.times.slice(from, to), series.values.slice(from, to)];
      found.push({ series, window: { times, values, start, end } });
    }
    return found;
  };
}

/** The series that match, looked up once for all steps of a query. */
function selection(matchers: readonly Matcher[], { store }: Source): () => readonly Series[] {
  let version = -1;
  let selected: readonly Series[] = [];
  return () => {
    if (version !== store.version) selected = store.select(matchers);
    version = store.version;
    return selected;
  };
}

function withoutOffset(node: SyntaxNode, source: Source): { inner: SyntaxNode; offset: number } {
  if (node.name !== 'OffsetExpr') return { inner: node, offset: 0 };
  const parts = children(node);
  const keyword = parts.findIndex((part) => part.name === 'Offset');
  const from = parts[keyword]?.to ?? node.to;
  return { inner: child(node, 0), offset: durationLiteral(source.text.slice(from, node.to)) };
}

function matchersOf(selector: SyntaxNode, { text }: Source): readonly Matcher[] {
  const found: Matcher[] = [];
  for (const part of children(selector)) {
    if (part.name === 'Identifier') found.push(matcher(NAME, '=', textOf(part, text)));
    if (part.name !== 'LabelMatchers') continue;
    for (const each of children(part)) found.push(matcherOf(each, text));
  }
  if (found.every((each) => each.matches(''))) {
    throw new PromqlError('bad_data', 'vector selector must contain at least one non-empty matcher');
  }
  return found;
}

function matcherOf(node: SyntaxNode, text: string): Matcher {
  // A quoted name alone in the braces is the name of the metric.
  if (node.name === 'QuotedLabelName') return matcher(NAME, '=', stringLiteral(textOf(node, text)));
  const [label, operator, value] = children(node).map((part) => textOf(part, text));
  if (label === undefined || operator === undefined || value === undefined) {
    throw new PromqlError('bad_data', `"${textOf(node, text)}" is not a matcher`);
  }
  const name = node.name === 'QuotedLabelMatcher' ? stringLiteral(label) : label;
  return matcher(name, operator as MatchOperator, stringLiteral(value));
}
