import type { Metric } from '../../api/metric.ts';
import type { NodeState } from '../node/node-state.ts';
import type { WaveStep } from './memory.ts';

/** Whether the metric speaks of the nodes that the wave added in the cohort: one may be for some variants only. */
export function measuredIn(
  { variants }: Pick<Metric, 'variants'>,
  cohort: string,
  step: WaveStep,
  states: ReadonlyMap<string, NodeState>,
): boolean {
  if (variants === undefined) return true;
  for (const node of step.cohorts[cohort]?.nodes ?? []) {
    const variant = states.get(node)?.target?.variant.name;
    if (variant !== undefined) return variants.includes(variant);
  }
  return false;
}
