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
 * Whether the evidence of harm is more than one node's outburst: without the candidate that speaks loudest the others
 * still have two thirds of the nats that a Fail takes; or it is the only one of its cohort, and has been worse in most of its
 * minutes for half of the soak. A condition more makes a Fail only rarer, so that its error rate holds.
 */
export const standsWithoutOne = ({ measured, sets, rate, half }: WithoutOne): boolean => {
  const up = measured.map((each) => each.up);
  const loudest = (node: number): number =>
    Math.max(...up.map((features) => evidenceOf([features], [[node]]).pooled[0] ?? 0));
  const all = sets.flat();
  const voices = all.map(loudest);
  const top = all[voices.indexOf(Math.max(...voices))];
  if (top === undefined) return false;
  const lone = sets.some((set) => set.length === 1 && set[0] === top);
  if (lone && half && measured.some(({ lasting }) => (lasting[top] ?? 0) >= LASTING)) return true;
  const rest = sets.map((set) => set.filter((node) => node !== top));
  return rest.flat().length > 0 && evidenceOf(up, rest).all >= (2 / 3) * Math.log(1 / rate);
};
