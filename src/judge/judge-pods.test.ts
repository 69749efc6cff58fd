import { describe, expect, it } from 'vitest';
import { arms, WINDOW } from './fixtures/inquiry.ts';
import { judgePods } from './judge-pods.ts';
import type { PodHealth } from './pod-health.ts';
import type { PodsRule } from './rule.ts';
import type { Verdict } from './verdict.ts';

const RULE: PodsRule = { kind: 'pods', name: 'health', checks: ['restarts', 'notReady'] };
const LENGTH = WINDOW.to - WINDOW.from;
const well: Omit<PodHealth, 'key'> = { restarts: 0, notReadyMs: 0, observedMs: LENGTH };
const crashing = { ...well, restarts: 4 };
const rebooted = { ...well, restarts: 1, notReadyMs: 60_000 };
const unready = { ...well, notReadyMs: LENGTH / 2 };

const judge = (
  nodes: number,
  candidates: number,
  health: (i: number) => Omit<PodHealth, 'key'> | undefined,
  checks = RULE.checks,
): Verdict | undefined => {
  const cohort = arms('a', nodes, candidates);
  const evidence = Array.from({ length: nodes }, (_, i) => ({ key: `a-pod-${i}`, pod: health(i) })).flatMap(
    ({ key, pod }) => (pod === undefined ? [] : [{ key, ...pod }]),
  );
  return judgePods({
    rule: { ...RULE, checks },
    cohorts: [cohort],
    window: WINDOW,
    evidence,
    alpha: 0.005,
    seed: 's',
  }).get('a');
};

describe('judgePods', () => {
  it.each<[string, Verdict | undefined, Verdict['verdict'], Verdict['reason']]>([
    ['all well', judge(6, 2, () => well), 'Pass', 'PodsHealthy'],
    ['a reboot is no harm', judge(6, 2, (i) => (i === 0 ? rebooted : well)), 'Pass', 'PodsHealthy'],
    ['all candidates crash', judge(6, 2, (i) => (i < 2 ? crashing : well)), 'Fail', 'PodsUnhealthy'],
    ['all candidates are not ready', judge(6, 2, (i) => (i < 2 ? unready : well)), 'Fail', 'PodsUnhealthy'],
    [
      'only what is asked counts',
      judge(6, 2, (i) => (i < 2 ? unready : well), ['restarts']),
      'Pass',
      'PodsHealthy',
    ],
    ['one of three crashes', judge(6, 3, (i) => (i < 1 ? crashing : well)), 'Undecided', 'HarmNotProven'],
    ['the only one crashes', judge(1, 1, () => crashing), 'Fail', 'PodsUnhealthy'],
    ['a control crashes too', judge(6, 2, (i) => (i < 3 ? crashing : well)), 'Undecided', 'HarmNotProven'],
    ['all crash', judge(6, 2, () => crashing), 'Undecided', 'ControlsUnhealthy'],
    [
      'a candidate was hardly watched',
      judge(6, 2, (i) => (i === 0 ? { ...well, observedMs: 1000 } : well)),
      'Undecided',
      'PartialData',
    ],
    [
      'no candidate was watched',
      judge(6, 2, (i) => (i < 2 ? undefined : well)),
      'Undecided',
      'NoCandidateData',
    ],
    ['a large wave by the draw', judge(12, 3, (i) => (i < 3 ? crashing : well)), 'Fail', 'PodsUnhealthy'],
    [
      'a large wave, two of three',
      judge(12, 3, (i) => (i < 2 ? crashing : well)),
      'Undecided',
      'HarmNotProven',
    ],
  ])('%s', (_, verdict, expected, reason) => {
    expect(verdict).toMatchObject({ verdict: expected, reason });
  });

  it('names its test and its numbers', () => {
    expect(judge(12, 3, (i) => (i < 3 ? crashing : well))).toMatchObject({
      test: 'Randomisation(exact, 220 assignments)',
      message:
        '3 of 3 candidate pods and 0 of 9 control pods were unhealthy (restarts, notReady); such a draw has p = 0.005 without harm',
    });
  });
});
