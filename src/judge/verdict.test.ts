import { describe, expect, it } from 'vitest';
import type { Verdict } from './verdict.ts';
import { combine, worst } from './verdict.ts';

const base = {
  metric: 'errors',
  message: '',
  nodes: 1,
  controls: 1,
  samples: 1,
  window: { from: 0, to: 1 },
  test: 'None',
};
const pass: Verdict = { ...base, verdict: 'Pass', reason: 'WithinMargin' };
const fail: Verdict = { ...base, verdict: 'Fail', reason: 'HarmBeyondMargin' };
const waiting: Verdict = { ...base, verdict: 'Undecided', reason: 'HarmElsewhere' };
const noData: Verdict = { ...base, verdict: 'Undecided', reason: 'NoData' };

describe('combine', () => {
  it.each<[string, Verdict[], Verdict['verdict']]>([
    ['nothing is no Pass', [], 'Undecided'],
    ['each must pass', [pass, pass], 'Pass'],
    ['one without data holds', [pass, noData, pass], 'Undecided'],
    ['one Fail fails', [pass, noData, fail], 'Fail'],
  ])('%s', (_, verdicts, expected) => {
    expect(combine(verdicts)).toBe(expected);
  });

  it('names the cohort that is the cause before those that wait for it', () => {
    expect(worst([waiting, noData, pass])).toBe(noData);
    expect(worst([])).toBeUndefined();
  });
});
