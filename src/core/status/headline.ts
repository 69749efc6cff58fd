import type { RolloutPhase } from '../../api/edge-rollout-status.ts';
import { isReachable } from '../node/reachability.ts';
import { reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { Situation } from '../situation.ts';

/** The one thing that is to be said about a model now; conditions, phase and columns follow from it. */
export interface Headline {
  readonly phase: RolloutPhase;
  /** One word for the column of the model. */
  readonly status: string;
  readonly reason: Reason;
  /** As kstatus reads it: promoted; on its way or held; given up until the spec changes. */
  readonly level: 'Ready' | 'Reconciling' | 'Stalled';
}

export function headline(situation: Situation): Headline {
  const { course, waiting, content, hash, accepted } = situation;
  const version = content.version;
  const total = situation.states.size;
  switch (course.kind) {
    case 'Settled': {
      const current = [...situation.states.values()].filter(
        ({ targetPod, phase }) => targetPod?.revision === hash && phase === 'Serving',
      ).length;
      const out =
        situation.survey.cohorts.size > 0 &&
        [...situation.survey.cohorts.values()].some((nodes) =>
          nodes.some(({ stable }) => stable?.revision !== hash),
        );
      if (out) {
        return {
          phase: 'RolledBack',
          status: 'Rejected',
          level: 'Stalled',
          reason: reason(
            'RejectedInCohort',
            `${version} (revision ${hash}) is promoted, but went back in a cohort of its own; see the cohorts of the rollout`,
          ),
        };
      }
      return {
        phase: 'Promoted',
        status: 'Ready',
        level: 'Ready',
        reason: reason(
          'Promoted',
          `${version} (revision ${hash}) is promoted and runs on ${current} of ${total} nodes`,
        ),
      };
    }
    case 'Rejected': {
      const still = situation.survey.eligible.some(({ node, pods }) => {
        const state = situation.states.get(node.name);
        const between = state?.interrupted === true && state.phase !== 'Failed';
        return (
          isReachable(node) && (between || pods.some((pod) => pod.role === 'serve' && pod.revision === hash))
        );
      });
      const why = course.mark === undefined ? '' : `: ${course.mark.message}`;
      const again = `correct the spec, or annotate the rollout with outrigger.dev/retry=${hash}.${course.attempt} to try it again`;
      return {
        phase: still ? 'RollingBack' : 'RolledBack',
        status: 'Rejected',
        level: 'Stalled',
        reason: reason(
          course.mark?.reason ?? 'Rejected',
          `${version} (revision ${hash}, attempt ${course.attempt}) was rejected${why}; ${again}`,
        ),
      };
    }
    case 'Hold': {
      const refused = accepted !== 'Accepted' && accepted !== undefined && accepted.code !== 'PodNotTried';
      const starts = course.reason.code === 'Starting';
      return {
        phase: starts ? 'Progressing' : 'Holding',
        status: starts ? 'Progressing' : course.reason.code,
        level: refused || course.reason.code === 'StableUnknown' ? 'Stalled' : 'Reconciling',
        reason: course.reason,
      };
    }
    case 'Immediate':
    case 'Candidate': {
      const why = waiting?.reason ?? reason('Starting', `${version} (revision ${hash}) starts`);
      const reverting = course.kind === 'Immediate' && course.by === 'Revert';
      // Only time has to pass: its phase begins anew when the window opens, so that nobody takes the night for a stall.
      const phase = why.code === 'OutsideWindow' ? 'Holding' : (waiting?.phase ?? 'Progressing');
      return {
        phase: reverting && phase === 'Progressing' ? 'Reverting' : phase,
        status: phase === 'Progressing' ? 'Progressing' : phase === 'Holding' ? why.code : phase,
        level: 'Reconciling',
        reason: why,
      };
    }
  }
}
