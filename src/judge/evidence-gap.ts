import type { CohortData, Covered } from './arm-data.ts';
import { many, percent, span } from './phrase.ts';
import type { UndecidedReason } from './verdict.ts';
import type { Window } from './window.ts';
import { expectedSamples } from './window.ts';

/** Share of its steps that a node, and an arm as a whole, must have. */
export const MIN_COVERAGE = 0.8;
/** Steps without a sample at the end of the window after which an arm is stale. */
const STALE_STEPS = 3;
/** increase() needs two scrapes in a step; an edge of the window may cost one of them. */
const MIN_SCRAPES = 1.75;

/** Why the evidence of an arm can't be judged. */
export interface Gap {
  readonly reason: UndecidedReason;
  readonly message: string;
}

export const isCovered = (node: Covered, window: Window): boolean =>
  node.present >= MIN_COVERAGE * expectedSamples(window);

/** What is missing of the candidates' evidence, the most basic first. */
export const candidateGap = (
  data: CohortData<Covered>,
  window: Window,
  scrapesPerSample: number | undefined,
): Gap | undefined => {
  const { candidates, controls } = data;
  if (candidates.length === 0)
    return { reason: 'NoCandidates', message: 'no node of this cohort is a candidate in this wave' };
  if (expectedSamples(window) === 0) {
    return {
      reason: 'WindowTooShort',
      message: `the window of ${span(window.to - window.from)} is shorter than one sample of ${span(window.resolution)}`,
    };
  }
  const tooFine = scrapesPerSample !== undefined && scrapesPerSample < MIN_SCRAPES;
  if (tooFine && !candidates.every((node) => isCovered(node, window))) {
    return {
      reason: 'ResolutionTooFine',
      message: `a sample of ${span(window.resolution)} holds ${scrapesPerSample.toFixed(1)} scrapes and needs two: raise analysis.resolution to at least ${span((2 * window.resolution) / scrapesPerSample)}`,
    };
  }
  if (candidates.every(isEmpty)) {
    return controls.every(isEmpty)
      ? {
          reason: 'NoData',
          message: `Prometheus has no sample of any of ${many(candidates.length + controls.length, 'judged node')}: do the series carry the label that analysis.groupBy names?`,
        }
      : {
          reason: 'NoCandidateData',
          message: `Prometheus has samples of the control nodes and none of ${many(candidates.length, 'candidate')}`,
        };
  }
  return armGap('candidates', candidates, window);
};

/** What is missing of the controls' evidence; dark controls don't count while half of them are there. */
export const controlGap = (data: CohortData<Covered>, window: Window): Gap | undefined => {
  const { controls } = data;
  if (controls.length === 0)
    return {
      reason: 'NoControls',
      message: 'no node of this cohort still runs the stable revision, so there is nothing to compare with',
    };
  const seen = controls.filter((node) => !isEmpty(node));
  if (seen.length === 0)
    return {
      reason: 'NoControlData',
      message: `Prometheus has samples of the candidates and none of ${many(controls.length, 'control node')}`,
    };
  if (2 * seen.length < controls.length) {
    return {
      reason: 'PartialData',
      message: `Prometheus has samples of ${seen.length} of ${many(controls.length, 'control node')}, half of them are needed`,
    };
  }
  return armGap('control nodes', seen, window);
};

const armGap = (name: string, arm: readonly Covered[], window: Window): Gap | undefined => {
  const newest = Math.max(...arm.map((node) => node.newest ?? Number.NEGATIVE_INFINITY));
  const age = window.to - newest;
  if (age > STALE_STEPS * window.resolution) {
    return {
      reason: 'StaleData',
      message: `the newest sample of the ${name} is ${span(age)} older than the end of the window`,
    };
  }
  const expected = arm.length * expectedSamples(window);
  const present = arm.reduce((sum, node) => sum + node.present, 0);
  if (present < MIN_COVERAGE * expected) {
    return {
      reason: 'PartialData',
      message: `${present} of ${expected} samples of the ${name} are there (${percent(present / expected)}), ${percent(MIN_COVERAGE)} are needed`,
    };
  }
  return undefined;
};

const isEmpty = (node: Covered): boolean => node.present === 0;
