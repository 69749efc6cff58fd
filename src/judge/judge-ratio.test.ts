import { describe, expect, it } from 'vitest';
import type { CohortArms } from './cohort-arms.ts';
import type { Evidence, MinuteSample, NodeMinutes } from './evidence.ts';
import { arms, evenEvidence, ratioInquiry, steady } from './fixtures/inquiry.ts';
import { judgeRatio } from './judge-ratio.ts';
import type { RatioRule } from './rule.ts';
import type { Verdict } from './verdict.ts';

const COHORTS = [arms('a', 12, 3), arms('b', 12, 3)];
const WELL = { bad: 1, total: 200 };
const SICK = { bad: 40, total: 200 };

const judge = (
  cohorts: readonly CohortArms[],
  evidence: Evidence,
  rule: Partial<RatioRule> = {},
): Verdict => {
  const [verdict] = judgeRatio(ratioInquiry(cohorts, evidence, rule)).values();
  if (verdict === undefined) throw new Error('no verdict');
  return verdict;
};

type Samples = readonly NodeMinutes[];

/** The samples of a healthy fleet, changed for some nodes of cohort a. */
const changed = (
  of: 'candidates' | 'controls',
  change: (minutes: readonly MinuteSample[], i: number) => readonly MinuteSample[],
): Evidence => {
  const members = new Map(COHORTS[0]?.[of].map(({ key }, i) => [key, i]));
  const { samples } = evenEvidence(COHORTS, WELL, WELL);
  return {
    kind: 'samples',
    samples: samples.map(({ key, minutes }) => {
      const i = members.get(key);
      return { key, minutes: i === undefined ? minutes : change(minutes, i) };
    }),
  };
};

describe('judgeRatio', () => {
  it('passes a candidate like its controls', () => {
    const verdict = judge(COHORTS, evenEvidence(COHORTS, WELL, WELL));
    expect(verdict).toMatchObject({
      verdict: 'Pass',
      reason: 'WithinMargin',
      nodes: 3,
      controls: 9,
      samples: 24_000,
      margin: 0.02,
      window: { from: 0, to: 600_000 },
      test: 'Randomisation(19999 draws)',
    });
    expect(verdict.upper).toBeLessThan(0.02);
    expect(verdict.lower).toBeLessThanOrEqual(verdict.estimate ?? Number.NaN);
  });

  it('fails a candidate that is worse by more than the margin, with the numbers', () => {
    const verdict = judge(COHORTS, evenEvidence(COHORTS, SICK, WELL));
    expect(verdict).toMatchObject({ verdict: 'Fail', reason: 'HarmBeyondMargin' });
    expect(verdict.estimate).toBeCloseTo(0.195, 2);
    expect(verdict.message).toMatch(
      /^20 % of the candidates' requests are bad and 0\.67 % of the controls': \+\d+ %, tolerated \+2 %; such a draw has p = \d\.\de-[45] without harm, and 0\.005 is enough$/u,
    );
  });

  it('does not fail harm within the margin, however certain', () => {
    const verdict = judge(COHORTS, evenEvidence(COHORTS, { bad: 2, total: 200 }, WELL));
    expect(verdict).toMatchObject({ verdict: 'Pass' });
    expect(verdict.estimate).toBeCloseTo(0.005, 3);
  });

  it('holds between: neither proven nor ruled out', () => {
    expect(judge(COHORTS, evenEvidence(COHORTS, { bad: 4, total: 200 }, WELL))).toMatchObject({
      verdict: 'Undecided',
      reason: 'HarmNotRuledOut',
    });
  });

  it('passes a better candidate', () => {
    expect(
      judge(COHORTS, evenEvidence(COHORTS, { bad: 0, total: 200 }, { bad: 4, total: 200 })).verdict,
    ).toBe('Pass');
  });

  it('takes the larger of the relative and the absolute margin', () => {
    const evidence = evenEvidence(COHORTS, { bad: 20, total: 200 }, { bad: 20, total: 200 });
    expect(judge(COHORTS, evidence).margin).toBeCloseTo(0.5 * 0.1017, 3);
    expect(judge(COHORTS, evidence, { maxIncrease: { absolute: 0.02 } }).margin).toBe(0.02);
  });

  it('finds a fault of one class, blames that class and lets no other pass meanwhile', () => {
    const verdicts = judgeRatio(
      ratioInquiry(
        COHORTS,
        changed('candidates', (_, i) => steady(40, 200, i)),
      ),
    );
    expect(verdicts.get('a')).toMatchObject({ verdict: 'Fail', reason: 'HarmBeyondMargin' });
    expect(verdicts.get('b')).toMatchObject({ verdict: 'Undecided', reason: 'HarmElsewhere' });
  });

  it('does not take a burning control node for a reason to pass', () => {
    const evidence = changed('controls', (minutes, i) => (i === 0 ? steady(190, 200) : minutes));
    const sick: Evidence = {
      kind: 'samples',
      samples: [
        ...samplesOf(evidence).filter(({ key }) => !candidateKeys.has(key)),
        ...[...candidateKeys].map((key, i) => ({ key, minutes: steady(20, 200, i) })),
      ],
    };
    // Nor is it for a Fail: a draw with the burning node would look worse yet.
    expect(judge(COHORTS, sick)).toMatchObject({ verdict: 'Undecided', reason: 'HarmNotProven' });
  });

  it('says by its name that a draw was not the operator’s own', () => {
    const chosen = [arms('a', 12, 3, false)];
    expect(judge(chosen, evenEvidence(chosen, WELL, WELL)).test).toBe('Permutation(exact, 220 assignments)');
  });

  describe.each<[string, Evidence, Verdict['reason'], RegExp]>([
    [
      'Prometheus is away',
      { kind: 'unavailable', reason: 'PrometheusUnreachable', message: 'refused' },
      'PrometheusUnreachable',
      /refused/u,
    ],
    [
      'the query is slow',
      { kind: 'unavailable', reason: 'QueryTimeout', message: 'slow' },
      'QueryTimeout',
      /slow/u,
    ],
    [
      'the answer is empty',
      { kind: 'samples', samples: [] },
      'NoData',
      /no sample of any of 12 judged nodes/u,
    ],
    [
      'the answer is empty and scrapes are rare',
      { kind: 'samples', samples: [], scrapesPerSample: 0.5 },
      'ResolutionTooFine',
      /at least 4m/u,
    ],
    [
      'the candidates are silent',
      changed('candidates', () => []),
      'NoCandidateData',
      /none of 3 candidates/u,
    ],
    [
      'the candidates say NaN',
      changed('candidates', (minutes) =>
        minutes.map(({ at }) => ({ at, bad: Number.NaN, total: Number.NaN })),
      ),
      'NoCandidateData',
      /none of 3/u,
    ],
    [
      'the candidates have totals of infinity',
      changed('candidates', (minutes) =>
        minutes.map(({ at }) => ({ at, bad: 0, total: Number.POSITIVE_INFINITY })),
      ),
      'NoCandidateData',
      /none of 3/u,
    ],
    ['the controls are silent', changed('controls', () => []), 'NoControlData', /none of 9 control nodes/u],
    [
      'most controls are silent',
      changed('controls', (minutes, i) => (i < 5 ? [] : minutes)),
      'PartialData',
      /4 of 9 control nodes/u,
    ],
    [
      'the candidates went silent',
      changed('candidates', (minutes) => minutes.slice(0, 6)),
      'StaleData',
      /4m older/u,
    ],
    [
      'one of three candidates is silent',
      changed('candidates', (minutes, i) => (i === 0 ? [] : minutes)),
      'PartialData',
      /20 of 30 samples of the candidates/u,
    ],
    [
      'every third sample is missing',
      changed('candidates', (minutes) => minutes.filter((_, i) => i % 3 !== 1)),
      'PartialData',
      /21 of 30/u,
    ],
    [
      'there are few requests',
      changed('candidates', (minutes) => minutes.map(({ at }) => ({ at, bad: 0, total: 2 }))),
      'TooFewRequests',
      /100 requests.*quietest had 20/u,
    ],
    [
      'there are no requests',
      changed('candidates', (minutes) => minutes.map(({ at }) => ({ at, bad: 0, total: 0 }))),
      'TooFewRequests',
      /quietest had 0/u,
    ],
    [
      'bad is no part of total',
      changed('candidates', (minutes) => minutes.map(({ at }) => ({ at, bad: 5000, total: 200 }))),
      'BadExceedsTotal',
      /ratio\.bad must select a part/u,
    ],
  ])('when %s', (_, evidence, reason, message) => {
    it('holds and says why', () => {
      expect(judge(COHORTS, evidence)).toMatchObject({
        verdict: 'Undecided',
        reason,
        message: expect.stringMatching(message),
      });
    });

    it('holds with an absolute bound too, unless only controls are missing', () => {
      const bounded = judge(COHORTS, evidence, { max: 0.05 });
      const expected = reason === 'NoControlData' || /control/u.test(message.source) ? 'Pass' : 'Undecided';
      expect(bounded.verdict).toBe(expected);
    });
  });

  it('lets sick but poorly measured candidates neither fail nor pass', () => {
    const evidence = changed('candidates', (_, i) => (i === 0 ? [] : steady(150, 200, i)));
    expect(judge(COHORTS, evidence)).toMatchObject({ verdict: 'Undecided', reason: 'PartialData' });
  });

  it('does without a few dark controls', () => {
    const evidence = changed('controls', (minutes, i) => (i < 4 ? [] : minutes));
    expect(judge(COHORTS, evidence)).toMatchObject({ verdict: 'Pass', controls: 5 });
  });
});

const candidateKeys = new Set(COHORTS[0]?.candidates.map(({ key }) => key));
const samplesOf = (evidence: Evidence): Samples => (evidence.kind === 'samples' ? evidence.samples : []);
