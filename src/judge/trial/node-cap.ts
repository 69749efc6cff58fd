/**
 * Most that one node's evidence counts for, nats, so that no node makes a Fail by itself.
 *
 * @param lasting share of its minutes in which the node was worse than expected
 */
export type NodeCap = (cohort: number, lasting: number) => number;

/** A fault has lasted when it was there in so many of the minutes; an outburst of some minutes never was. */
export const LASTING = 0.8;

export interface NodeCapOptions {
  /** What the e-process may spend. */
  readonly rate: number;
  /** Candidates of each cohort. */
  readonly candidates: readonly number[];
  /** Whether half of the soak is over, so that what lasts can be told from an outburst. */
  readonly half: boolean;
}

/**
 * Evidence is cut just below what a Fail takes. Where a cohort has a single candidate that would hide a fault of this
 * cohort for ever, so that there the cut ends where the fault lasts. A cut only ever makes a Fail rarer.
 */
export const nodeCap = ({ rate, candidates, half }: NodeCapOptions): NodeCap => {
  const used = Math.max(1, candidates.filter((count) => count > 0).length);
  const alone = rate > 0 ? Math.log(1 / rate) - Math.log(0.5 + 0.5 / used) - 0.1 : Infinity;
  return (cohort, lasting) => (half && candidates[cohort] === 1 && lasting >= LASTING ? Infinity : alone);
};
