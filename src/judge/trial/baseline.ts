import { countsBaseline } from './counts-baseline.ts';
import type { CountsBaseline } from './counts-baseline.ts';
import { levelsBaseline } from './levels-baseline.ts';
import type { LevelsBaseline } from './levels-baseline.ts';
import type { Cells, Panel } from './panel.ts';
import { shapesBaseline } from './shapes-baseline.ts';
import type { ShapesBaseline } from './shapes-baseline.ts';
import { historySpan } from './span.ts';

export type Baseline = CountsBaseline | LevelsBaseline | ShapesBaseline;

/** Freezes a metric's past, as it could be seen before minute `by`; with pauses. */
export function* baselineOf(panel: Panel, cells: Cells, by: number): Generator<void, Baseline> {
  const span = historySpan(panel, by);
  switch (cells.kind) {
    case 'counts':
      return yield* countsBaseline(cells, span);
    case 'levels':
      return yield* levelsBaseline(cells, span);
    case 'shapes':
      return yield* shapesBaseline(cells, span);
  }
}
