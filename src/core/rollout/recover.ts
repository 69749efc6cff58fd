import type { EdgeRolloutStatus } from '../../api/edge-rollout-status.ts';
import type { Survey } from '../fleet/survey.ts';
import { beginCandidate } from './begin.ts';
import type { BeginInput } from './begin.ts';
import type { CandidateMemory } from './memory.ts';

/**
 * The memory of a candidate that status speaks of but whose record is gone (somebody deleted the ConfigMap, a
 * restore left it out): the nodes that run it are its roster. The draw is not known any more, so the exact test
 * is not claimed. Undefined where nothing was lost.
 */
export function recoverCandidate(
  input: BeginInput,
  status: EdgeRolloutStatus | undefined,
  survey: Survey,
): CandidateMemory | undefined {
  const { candidate, wave } = status ?? {};
  if (candidate?.revision !== input.hash || candidate.attempt !== input.attempt || wave === undefined)
    return undefined;
  const cohorts = Object.fromEntries(
    [...survey.cohorts].map(([name, nodes]) => {
      const runs = (each: (typeof nodes)[number]) =>
        each.pods.some((pod) => pod.role === 'serve' && !pod.deleting && pod.revision === input.hash);
      return [
        name,
        {
          nodes: nodes.filter(runs).map(({ node }) => node.name),
          drawn: false,
          controls: nodes.filter((each) => !runs(each) && each.reachable).map(({ node }) => node.name),
          eligible: nodes.length,
        },
      ];
    }),
  );
  if (Object.values(cohorts).every(({ nodes }) => nodes.length === 0)) return undefined;
  const begun = beginCandidate(input);
  const index = Math.min(wave.index, begun.waves.length - 1);
  return {
    ...begun,
    recovered: true,
    walks: [
      {
        cohorts: [...survey.cohorts.keys()],
        steps: [{ index, startedAt: wave.startedAt, cohorts, windows: [], recovered: true }],
      },
    ],
  };
}
