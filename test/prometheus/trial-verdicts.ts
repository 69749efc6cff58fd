import type { CohortArms } from '../../src/judge/cohort-arms.ts';
import type { Evidence, MinuteSample } from '../../src/judge/evidence.ts';
import { freeze, look } from '../../src/judge/trial/session.ts';
import type { WaveDesign } from '../../src/judge/trial/wave-design.ts';
import type { Track } from '../../src/judge/trial/trial.ts';
import type { Window } from '../../src/judge/window.ts';

/**
 * What one look of the sequential judge says of a ratio over a whole window, with no past before it: verdict and
 * reason for each cohort.
 */
export function trialVerdicts(
  evidence: Evidence,
  cohorts: readonly CohortArms[],
  window: Window,
): readonly string[] {
  if (evidence.kind === 'unavailable') return cohorts.map(() => `Undecided ${evidence.reason}`);
  const samples = new Map(evidence.samples.map(({ key, minutes }) => [key, minutes]));
  const steps = Math.floor((window.to - window.from) / window.resolution);
  const tracks = cohorts.flatMap(({ name, candidates, controls }) =>
    [...candidates, ...controls].map(({ node, key }) =>
      trackOf(
        node,
        name,
        candidates.some((each) => each.node === node),
        samples.get(key) ?? [],
        window,
      ),
    ),
  );
  const design: WaveDesign = {
    falseRollbackRate: 0.005,
    method: 'Auto',
    seed: 's',
    horizonMinutes: steps,
    metrics: [{ name: 'errors', kind: 'ratio', maxIncrease: { absolute: 0.02 }, minRequestsPerNode: 50 }],
    undrawn: [],
    memoryWhole: true,
  };
  const baselines = inOneGo(freeze(design, tracks, steps));
  const { metrics } = inOneGo(look(design, baselines, tracks, steps, {}));
  return metrics.flatMap((metric) => metric.cohorts.map(({ verdict, reason }) => `${verdict} ${reason}`));
}

function trackOf(
  name: string,
  cohort: string,
  candidate: boolean,
  minutes: readonly MinuteSample[],
  window: Window,
): Track {
  return {
    name,
    cohort,
    candidate,
    minutes: minutes.map(({ at }) => Math.round((at - window.from) / window.resolution) - 1),
    series: {
      errors: {
        total: minutes.map(({ total }) => total ?? null),
        bad: minutes.map(({ bad }) => bad ?? null),
      },
    },
  };
}

function inOneGo<Result>(work: Generator<void, Result>): Result {
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value;
}
