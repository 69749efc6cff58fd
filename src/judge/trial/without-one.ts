import type { Measured } from './measured.ts';
import { LASTING } from './node-cap.ts';
import { evidenceOf } from './set-evidence.ts';

export interface WithoutOne {
  readonly measured: readonly Measured[];
  /** Candidates of each cohort. */
  readonly sets: readonly (readonly number[])[];
  /** What the e-process may spend. */
  readonly rate: number;
  /** Whether half of the soak is over, so that what lasts can be told from an outburst. */
  readonly half: boolean;
}

/**
 * Whether the evidence of harm is more than one node's outburst: in the metric in which one candidate speaks loudest, the
 * others, all or those of its cohort, still have half of the nats that a Fail takes; or it is the only one of its
 * cohort, and has been worse in most of its minutes for half of the soak. A condition more makes a Fail only rarer, so
 * that its error rate holds.
 */
export const standsWithoutOne = ({ measured, sets, rate, half }: WithoutOne): boolean => {
  let loudest = { evidence: -Infinity, node: -1, metric: -1, cohort: -1 };
  for (const [metric, { up }] of measured.entries()) {
    for (const [cohort, set] of sets.entries()) {
      for (const node of set) {
        const evidence = evidenceOf([up], [[node]]).pooled[0] ?? 0;
        if (evidence > loudest.evidence) loudest = { evidence, node, metric, cohort };
      }
    }
  }
  const { node: top, cohort } = loudest;
  const test = measured[loudest.metric];
  if (test === undefined) return false;
  const lone = sets[cohort]?.length === 1;
  if (lone && half && measured.some(({ lasting }) => (lasting[top] ?? 0) >= LASTING)) return true;
  const rest = evidenceOf(
    [test.up],
    sets.map((set) => set.filter((node) => node !== top)),
  );
  const others = Math.max(rest.pooled[0] ?? 0, rest.cohorts[0]?.[cohort] ?? 0);
  return others >= Math.log(1 / rate) / 2;
};
