import { describe, expect, it } from 'vitest';
import type { CohortArms } from './cohort-arms.ts';
import type { Evidence } from './evidence.ts';
import { arms, evenEvidence, ratioInquiry, steady } from './fixtures/inquiry.ts';
import { judgeRatio } from './judge-ratio.ts';
import type { RatioRule } from './rule.ts';
import type { Verdict } from './verdict.ts';

const WELL = { bad: 1, total: 200 };
const SICK = { bad: 40, total: 200 };

const judge = (
  cohorts: readonly CohortArms[],
  evidence: Evidence,
  rule: Partial<RatioRule> = {},
): Verdict | undefined => judgeRatio(ratioInquiry(cohorts, evidence, rule)).get('a');

describe('judgeRatio with little to compare', () => {
  describe('where the draw is too small', () => {
    const small = [arms('a', 8, 2)];

    it('says TooFewNodes without a bound', () => {
      expect(judge(small, evenEvidence(small, SICK, WELL))).toMatchObject({
        verdict: 'Undecided',
        reason: 'TooFewNodes',
        test: 'None',
        message: expect.stringContaining('8 nodes have evidence'),
      });
    });

    it('says what wave would be large enough', () => {
      const ten = [arms('a', 12, 2)];
      expect(judge(ten, evenEvidence(ten, SICK, WELL))?.message).toContain(
        '66 ways, a false-rollback rate of 0.005 of this look needs 200: a wave of 3 of these 12 nodes would do',
      );
    });

    it.each<[string, number, Verdict['verdict'], Verdict['reason']]>([
      ['well below', 1, 'Pass', 'WithinBound'],
      ['well above', 40, 'Fail', 'BoundBroken'],
      ['at the bound', 10, 'Undecided', 'BoundNotDecided'],
    ])('judges by the bound: %s', (_, bad, verdict, reason) => {
      const evidence = evenEvidence(small, { bad, total: 200 }, WELL);
      expect(judge(small, evidence, { max: 0.05 })).toMatchObject({
        verdict,
        reason,
        test: 'AbsoluteBound',
        margin: 0.05,
      });
    });

    it('holds where the controls break the bound as well', () => {
      expect(judge(small, evenEvidence(small, SICK, SICK), { max: 0.05 })).toMatchObject({
        verdict: 'Undecided',
        reason: 'ControlsBreakBound',
      });
    });
  });

  describe('without controls', () => {
    const alone = [arms('a', 1, 1)];

    it('says NoControls', () => {
      expect(judge(alone, evenEvidence(alone, SICK, WELL))).toMatchObject({
        verdict: 'Undecided',
        reason: 'NoControls',
      });
    });

    it('judges by the bound', () => {
      expect(judge(alone, evenEvidence(alone, SICK, WELL), { max: 0.05 })?.verdict).toBe('Fail');
      expect(judge(alone, evenEvidence(alone, WELL, WELL), { max: 0.05 })?.verdict).toBe('Pass');
    });
  });

  it('fails by the bound what the draw is too small to prove for one class', () => {
    const cohorts = [arms('a', 10, 2), arms('b', 10, 2)];
    const { samples } = evenEvidence(cohorts, WELL, WELL);
    const sick = new Set(cohorts[0]?.candidates.map(({ key }) => key));
    // The other class happens to look worse in its candidates' favour, so that chance explains the draw at 1 in 45 at best.
    const evidence: Evidence = {
      kind: 'samples',
      samples: samples.map(({ key, minutes }) => ({
        key,
        minutes: sick.has(key) ? steady(40, 200) : minutes,
      })),
    };
    const verdicts = judgeRatio(ratioInquiry(cohorts, evidence, { max: 0.05 }));
    expect(verdicts.get('a')).toMatchObject({ verdict: 'Fail', reason: 'BoundBroken' });
  });
});
