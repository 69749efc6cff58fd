import { type Labels, NAME } from './promql/labels.ts';

export interface PageLine {
  /** Name and labels as written: the same text is the same series. */
  readonly head: string;
  readonly value: number;
}

/** The lines of a page in the Prometheus text format; comments and what is no sample are passed over. */
export function* pageLines(page: string): Generator<PageLine> {
  for (const line of page.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const brace = line.lastIndexOf('}');
    const headEnd = brace === -1 ? line.indexOf(' ') : brace + 1;
    const [value] = line.slice(headEnd).trim().split(/\s+/, 1);
    if (headEnd > 0 && value !== undefined && value !== '')
      yield { head: line.slice(0, headEnd), value: valueOf(value) };
  }
}

/** The labels of a line's head, the metric's name among them. */
export function headLabels(head: string): Labels {
  const brace = head.indexOf('{');
  const name = (brace === -1 ? head : head.slice(0, brace)).trim();
  const labels: Record<string, string> = { [NAME]: name };
  const inside = brace === -1 ? '' : head.slice(brace + 1, -1);
  for (const [, label = '', value = ''] of inside.matchAll(/([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"/g)) {
    const text = value.replace(/\\(.)/g, (_match, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    labels[label] = label === 'le' && name.endsWith('_bucket') ? normalBound(text) : text;
  }
  return labels;
}

/** From version 3 on Prometheus keeps the bounds of buckets as floats: 1 becomes 1.0. */
function normalBound(bound: string): string {
  const value = Number(bound);
  return bound !== '' && Number.isInteger(value) && !/[.eE]/.test(bound) ? `${value}.0` : bound;
}

function valueOf(text: string): number {
  switch (text) {
    case '+Inf':
    case 'Inf':
      return Infinity;
    case '-Inf':
      return -Infinity;
    default:
      return Number(text);
  }
}
