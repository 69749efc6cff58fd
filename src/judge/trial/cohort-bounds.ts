import { boundsOf } from './bound.ts';
import type { BoundEvidence } from './bound.ts';
import type { Panel } from './panel.ts';
import type { Draw } from './reference-rows.ts';
import { soakSpan } from './span.ts';
import type { Baselines, WaveDesign } from './wave-design.ts';

/** What the absolute bounds say, by metric and cohort, of candidates and of controls. */
export interface CohortBound {
  readonly metric: string;
  readonly cohort: string;
  readonly candidates: readonly BoundEvidence[];
  readonly controls: readonly BoundEvidence[];
}

export const boundsAt = (
  { metrics }: WaveDesign,
  baselines: Baselines,
  panel: Panel,
  draws: readonly Draw[],
  minute: number,
): readonly CohortBound[] =>
  metrics.flatMap((metric) => {
    const cells = panel.metrics.get(metric.name);
    const baseline = baselines[metric.name];
    if (cells === undefined || baseline === undefined) return [];
    if (metric.max === undefined && metric.min === undefined) return [];
    const span = soakSpan(panel, minute);
    return draws.map(({ nodes }, cohort) => {
      const arm = (candidate: boolean): readonly BoundEvidence[] =>
        boundsOf(
          metric,
          cells,
          baseline,
          span,
          nodes.filter((node) => panel.nodes[node]?.candidate === candidate),
        );
      return {
        metric: metric.name,
        cohort: panel.cohorts[cohort] ?? '',
        candidates: arm(true),
        controls: arm(false),
      };
    });
  });

/** Whether the control nodes look as if they broke the bound as well: then it is not the candidate that does. */
export const controlsBreak = ({ controls }: CohortBound): boolean =>
  controls.some(({ broken }) => broken > 0);
