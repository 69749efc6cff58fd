import type { CohortArms } from './cohort-arms.ts';
import { countAssignments, referenceSet } from './assignments.ts';
import { harmTest } from './harm-test.ts';
import type { CohortVerdicts, PodsInquiry } from './inquiry.ts';
import { many, probability } from './phrase.ts';
import type { PodHealth } from './pod-health.ts';
import type { PodsRule } from './rule.ts';
import { testName } from './test-name.ts';
import { undecided } from './undecided.ts';
import type { Verdict } from './verdict.ts';

/** One restart may be a reboot of the node; a second one in the same soak is not. */
const RESTARTS = 2;
/** Share of the time that its node was reachable in which a healthy pod may be not ready. */
const NOT_READY = 0.2;
/** A pod counts that was watched for this share of the window, and so must this share of the candidates. */
const OBSERVED = 0.8;
const MIN_NODES = 10;

/**
 * Restarts and readiness of the pods, from the API server. Where the wave is large enough the number
 * of unhealthy candidates is tested against the draw; else half of the candidates, and at least two
 * where there are two, must be unhealthy while no control node is.
 */
export const judgePods = (inquiry: PodsInquiry): CohortVerdicts => {
  const health = new Map(inquiry.evidence.map((pod) => [pod.key, pod]));
  const cohorts = inquiry.cohorts.map((arms) => podCohort(arms, health, inquiry));
  const p = testOf(cohorts, inquiry);
  return new Map(cohorts.map((cohort) => [cohort.arms.name, verdictOf(cohort, p, inquiry)]));
};

interface PodCohort {
  readonly arms: CohortArms;
  /** Whether each pod that was watched long enough is unhealthy. */
  readonly candidates: readonly boolean[];
  readonly controls: readonly boolean[];
}

const podCohort = (
  arms: CohortArms,
  health: ReadonlyMap<string, PodHealth>,
  { rule, window }: PodsInquiry,
): PodCohort => {
  const read = (members: CohortArms['candidates']): readonly boolean[] =>
    members
      .map(({ key }) => health.get(key))
      .filter((pod) => pod !== undefined)
      .filter((pod) => pod.observedMs > 0 && pod.observedMs >= OBSERVED * (window.to - window.from))
      .map((pod) => isUnhealthy(pod, rule));
  return { arms, candidates: read(arms.candidates), controls: read(arms.controls) };
};

const isUnhealthy = (pod: PodHealth, { checks }: PodsRule): boolean =>
  (checks.includes('restarts') && pod.restarts >= RESTARTS) ||
  (checks.includes('notReady') && pod.notReadyMs > NOT_READY * pod.observedMs);

interface PodTest {
  readonly name: string;
  readonly p: number;
}

const testOf = (all: readonly PodCohort[], { alpha, seed }: PodsInquiry): PodTest | undefined => {
  const cohorts = all.filter(({ candidates, controls }) => candidates.length > 0 && controls.length > 0);
  const strata = cohorts.map(({ candidates, controls }) => ({
    size: candidates.length + controls.length,
    chosen: candidates.length,
  }));
  const nodes = strata.reduce((sum, { size }) => sum + size, 0);
  if (nodes < MIN_NODES || countAssignments(strata) < 1 / alpha) return undefined;
  const real = strata.map(({ chosen }) => Array.from({ length: chosen }, (_, i) => i));
  const reference = referenceSet(strata, real, seed, { alpha });
  const scored = cohorts.map(({ candidates, controls }) => {
    const sick = [...candidates, ...controls];
    const expected = countOf(sick) / sick.length;
    return { counts: sick.map((one) => ({ observed: one ? 1 : 0, expected })), chosen: candidates.length };
  });
  return { name: testName(cohorts, reference), p: harmTest(scored, strata, reference) };
};

const verdictOf = (cohort: PodCohort, test: PodTest | undefined, inquiry: PodsInquiry): Verdict => {
  const { arms, candidates, controls } = cohort;
  const { rule, window, alpha } = inquiry;
  const counted = {
    nodes: candidates.length,
    controls: controls.length,
    samples: candidates.length + controls.length,
  };
  if (arms.candidates.length === 0)
    return undecided(
      inquiry,
      { reason: 'NoCandidates', message: 'no node of this cohort is a candidate in this wave' },
      counted,
    );
  if (candidates.length < OBSERVED * arms.candidates.length) {
    return undecided(
      inquiry,
      {
        reason: candidates.length === 0 ? 'NoCandidateData' : 'PartialData',
        message: `${candidates.length} of ${many(arms.candidates.length, 'candidate pod')} were watched for most of the window`,
      },
      counted,
    );
  }
  const sick = countOf(candidates);
  const sickControls = countOf(controls);
  const share = sick / candidates.length;
  const controlShare = controls.length === 0 ? 0 : sickControls / controls.length;
  const base = {
    metric: rule.name,
    estimate: share - controlShare,
    ...counted,
    window: { from: window.from, to: window.to },
    test: test?.name ?? 'AbsoluteBound',
  };
  const numbers = `${sick} of ${many(candidates.length, 'candidate pod')} and ${sickControls} of ${many(controls.length, 'control pod')} were unhealthy (${rule.checks.join(', ')})`;
  if (sick === 0) return { ...base, verdict: 'Pass', reason: 'PodsHealthy', message: numbers };
  if (controls.length > 0 && share <= controlShare) {
    return {
      ...base,
      verdict: 'Undecided',
      reason: 'ControlsUnhealthy',
      message: `${numbers}: the cause is not the candidate alone`,
    };
  }
  const fails =
    test === undefined
      ? sick >= Math.max(Math.min(2, candidates.length), candidates.length / 2) && sickControls === 0
      : test.p <= alpha;
  const because = test === undefined ? '' : `; such a draw has p = ${probability(test.p)} without harm`;
  if (fails) return { ...base, verdict: 'Fail', reason: 'PodsUnhealthy', message: `${numbers}${because}` };
  return {
    ...base,
    verdict: 'Undecided',
    reason: 'HarmNotProven',
    message: `${numbers}${because}: too few to call it harm`,
  };
};

const countOf = (sick: readonly boolean[]): number => sick.filter(Boolean).length;
