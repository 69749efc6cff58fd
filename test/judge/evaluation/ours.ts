import type { Trial } from '../../../src/judge/trial/trial.ts';
import { judgeTrial } from '../../../src/judge/trial/judge-trial.ts';
import type { Outcome } from './outcome.ts';

/** Outrigger's own judge: promoted, where it is, at the first look that says Pass. */
export const ourJudge = (trial: Trial): Outcome => {
  const { looks, final } = judgeTrial(trial);
  const passed = looks.find(({ verdict }) => verdict === 'Pass');
  return {
    verdict: final.verdict,
    minute: final.verdict === 'Pass' ? (passed?.minute ?? final.minute) : final.minute,
    reason: final.reason,
    wavered: final.verdict !== 'Pass' && passed !== undefined,
  };
};
