import { many, span } from '../phrase.ts';
import type { UndecidedReason } from '../verdict.ts';
import type { Coverage } from './coverage.ts';

/** Why one metric can't pass in one cohort, whatever its values are. */
export interface Gap {
  readonly reason: UndecidedReason;
  readonly message: string;
}

/** Least share of an arm's node-minutes. */
const ENOUGH = 0.8;
/** Newest sample of an arm: at most so many minutes before the look, or such a share of the minutes so far. */
const STALE = { minutes: 5, share: 0.15 } as const;

/** The first thing that is missing, the gravest first; undefined: nothing is. */
export const gapOf = (
  { candidates, controls }: Coverage,
  minute: number,
  atLeast: number,
  resolutionMs: number,
): Gap | undefined => {
  if (candidates.nodes === 0) return gap('NoCandidates', 'no node of it runs the candidate');
  if (candidates.seen === 0 && controls.seen === 0 && controls.nodes > 0) {
    return gap('NoData', 'there are no samples of any judged node');
  }
  if (candidates.seen === 0) {
    return gap(
      'NoCandidateData',
      `none of the ${many(candidates.nodes, 'candidate')} has a sample, the controls do`,
    );
  }
  if (controls.nodes === 0) return gap('NoControls', 'no node of it is left on stable to compare with');
  if (controls.seen === 0) {
    return gap(
      'NoControlData',
      `none of the ${many(controls.nodes, 'control node')} has a sample, the candidates do`,
    );
  }
  for (const [arm, name] of [
    [candidates, 'candidates'],
    [controls, 'control nodes'],
  ] as const) {
    const age = minute - 1 - (arm.newest ?? -Infinity);
    if (age > Math.max(STALE.minutes, STALE.share * minute)) {
      return gap('StaleData', `the newest sample of the ${name} is ${span(age * resolutionMs)} old`);
    }
    if (arm.share < ENOUGH) {
      return gap(
        'PartialData',
        `the ${name} have ${Math.floor(arm.share * 100)} % of their samples, at least ${ENOUGH * 100} % are needed`,
      );
    }
  }
  if (candidates.busy < ENOUGH * candidates.nodes) {
    return gap(
      'TooFewRequests',
      `${candidates.busy} of ${many(candidates.nodes, 'candidate')} had ${atLeast} requests or more, at least ` +
        `${ENOUGH * 100} % of them are needed`,
    );
  }
  return undefined;
};

const gap = (reason: UndecidedReason, message: string): Gap => ({ reason, message });
