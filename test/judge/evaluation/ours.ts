import { existsSync } from 'node:fs';

import type { Trial } from '../../../src/judge/trial/trial.ts';
import type { Outcome } from './outcome.ts';

interface TrialResult {
  readonly looks: readonly { readonly minute: number; readonly verdict: Outcome['verdict'] }[];
  readonly final: { readonly minute: number; readonly verdict: Outcome['verdict']; readonly reason: string };
}

const PLACE = new URL('../../../src/judge/trial/judge-trial.ts', import.meta.url);

/** Outrigger's own judge; undefined where this checkout has none yet. */
export const ourJudge = async (): Promise<((trial: Trial) => Outcome) | undefined> => {
  if (!existsSync(PLACE)) return undefined;
  const { judgeTrial } = (await import(PLACE.href)) as { judgeTrial: (trial: Trial) => TrialResult };
  return (trial) => {
    const { looks, final } = judgeTrial(trial);
    const passed = looks.find(({ verdict }) => verdict === 'Pass');
    return {
      verdict: final.verdict,
      minute: final.verdict === 'Pass' ? (passed?.minute ?? final.minute) : final.minute,
      reason: final.reason,
    };
  };
};
