import type { Window } from '../../judge/window.ts';

/**
 * The time that a candidate's evidence is of, in steps of one resolution; step 0 is the first of the window, and step
 * s is over at `from + (s + 1) * resolution`. Before the window lie the newest steps of history, and before these
 * coarse ones.
 */
export interface TimeAxis {
  /** Begin of the window, ms since the epoch. */
  readonly from: number;
  /** Ms. */
  readonly resolution: number;
  /** Columns of each stretch; those of the window grow with time, and this is the most that is kept of them. */
  readonly columns: Readonly<Record<StretchName, number>>;
  /** Step at which the history ends: 0, or below where nodes were changed before the window began. */
  readonly historyEnd: number;
}

export type StretchName = 'coarse' | 'history' | 'window';

/** How many steps are one coarse step. */
export const COARSE_WIDTH = 10;
/** The newest steps of history that are asked for one by one. */
const FINE_STEPS = 120;
/** A day of minutes: what comes after it is not kept. */
const MOST_STEPS = 1440;

export interface AxisOptions {
  /** Begin of the window, ms since the epoch. */
  readonly from: number;
  /** Ms. */
  readonly resolution: number;
  /** When the first node was changed, ms since the epoch; at the latest `from`. */
  readonly historyEnd: number;
  /** How much of the past is looked at, ms. */
  readonly history: number;
}

export const timeAxis = ({ from, resolution, historyEnd, history }: AxisOptions): TimeAxis => {
  const steps = Math.floor(history / resolution);
  return {
    from,
    resolution,
    historyEnd: Math.min(0, Math.floor((historyEnd - from) / resolution)),
    columns: {
      history: Math.min(steps, FINE_STEPS),
      coarse: Math.max(0, Math.floor((steps - FINE_STEPS) / COARSE_WIDTH)),
      window: MOST_STEPS,
    },
  };
};

/** The steps that one column of a stretch is wide. */
export const widthOf = (stretch: StretchName): number => (stretch === 'coarse' ? COARSE_WIDTH : 1);

/** The step with which a column begins. */
export const stepOfColumn = (axis: TimeAxis, stretch: StretchName, column: number): number => {
  if (stretch === 'window') return column;
  const fine = axis.historyEnd - axis.columns.history;
  return stretch === 'history' ? fine + column : fine - COARSE_WIDTH * (axis.columns.coarse - column);
};

/** The column that ends at `at`, ms since the epoch; it may lie outside of the stretch. */
export const columnEndingAt = (axis: TimeAxis, stretch: StretchName, at: number): number => {
  const end = (at - axis.from) / axis.resolution;
  return Math.round((end - stepOfColumn(axis, stretch, 0)) / widthOf(stretch)) - 1;
};

/** The columns from `first` up to and without `end`, as a window to ask for. */
export const windowOfColumns = (
  axis: TimeAxis,
  stretch: StretchName,
  first: number,
  end: number,
): Window => ({
  from: axis.from + stepOfColumn(axis, stretch, first) * axis.resolution,
  to: axis.from + stepOfColumn(axis, stretch, end) * axis.resolution,
  resolution: widthOf(stretch) * axis.resolution,
});

/** Columns of the window that are over at `until`, ms since the epoch. */
export const columnsOver = (axis: TimeAxis, until: number): number =>
  Math.max(0, Math.min(axis.columns.window, Math.floor((until - axis.from) / axis.resolution)));
