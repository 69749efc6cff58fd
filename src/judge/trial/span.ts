import type { Panel } from './panel.ts';

/** Columns of a panel that a look may use: those from `from` to before `to` which had arrived by `by`. */
export interface Span {
  readonly panel: Panel;
  /** Columns, not minutes. */
  readonly from: number;
  readonly to: number;
  /** Minute of the look, whose own sample is not in yet. */
  readonly by: number;
}

/** Where the node's samples begin. */
export const offsetOf = ({ panel }: Span, node: number): number => node * panel.width;

export const visible = ({ panel, by }: Span, cell: number): boolean => (panel.arrived[cell] ?? Infinity) < by;

/** What was seen before the switch. */
export const historySpan = (panel: Panel, by: number): Span => ({ panel, from: 0, to: -panel.first, by });

/** The minutes of the soak that look `by` may see. */
export const soakSpan = (panel: Panel, by: number): Span => ({
  panel,
  from: -panel.first,
  to: Math.min(panel.width, -panel.first + by),
  by,
});

/** The same span cut in two halves. */
export const halves = (span: Span): readonly [Span, Span] => {
  const middle = span.from + Math.floor((span.to - span.from) / 2);
  return [
    { ...span, to: middle },
    { ...span, from: middle },
  ];
};
