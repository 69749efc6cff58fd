import { ROLLOUT_DEFAULTS } from '../../api/defaults.ts';
import { fractionOf } from '../../api/fraction.ts';
import { clip } from '../../api/text.ts';
import type { RolloutSettings } from '../../api/rollout-settings.ts';
import type { Survey } from '../fleet/survey.ts';
import type { NodeState } from '../node/node-state.ts';
import { reason } from '../reason.ts';
import type { PromotedBy } from '../revision/revision.ts';
import type { Change } from '../world.ts';
import type { Advance } from './advance-outcome.ts';
import { tooFewReachable } from './reached.ts';
import { waveProgress } from './wave-progress.ts';
import type { WaveProgress } from './wave-progress.ts';

export interface ImmediateInput {
  readonly hash: string;
  readonly version: string;
  readonly survey: Survey;
  readonly open: readonly string[];
  readonly states: ReadonlyMap<string, NodeState>;
  readonly settings: RolloutSettings | undefined;
  readonly by: Extract<PromotedBy, 'FirstRevision' | 'Revert' | 'Rolling'>;
  readonly attempt: number;
  readonly now: number;
}

/**
 * The named exceptions to evidence or hold: readiness is all that is asked. A revision that replaces another one
 * and fails more nodes than the failure budget allows is rejected; the first one has nothing to go back to, and
 * a revert was good once, so both hold and say why.
 */
export function immediate(
  input: ImmediateInput,
):
  | { readonly kind: 'Change'; readonly change: Change }
  | { readonly kind: 'Wait'; readonly waiting: Extract<Advance, { kind: 'Wait' }> } {
  const { hash, survey, by, now } = input;
  const limits = input.settings?.limits ?? {
    failureThreshold: fractionOf(ROLLOUT_DEFAULTS.limits.failureThreshold),
    minFailedNodes: ROLLOUT_DEFAULTS.limits.minFailedNodes,
    minReachable: fractionOf(ROLLOUT_DEFAULTS.limits.minReachable),
  };
  const progress = new Map<string, WaveProgress>();
  for (const cohort of input.open) {
    const nodes = (survey.cohorts.get(cohort) ?? []).flatMap(({ node }) => input.states.get(node.name) ?? []);
    progress.set(cohort, waveProgress(cohort, nodes, hash, limits));
  }
  const done = [...progress].flatMap(([cohort, each]) => {
    if (each.kind !== 'Serving') return [];
    const unreached = tooFewReachable(
      cohort,
      survey.cohorts.get(cohort) ?? [],
      hash,
      limits.minReachable,
      now,
    );
    if (unreached !== undefined) progress.set(cohort, { kind: 'Holding', reason: unreached });
    return unreached === undefined ? [cohort] : [];
  });
  if (done.length > 0) {
    const complete = done.length === input.open.length;
    return {
      kind: 'Change',
      change: {
        kind: 'Promote',
        hash,
        cohorts: done,
        complete,
        by,
        event: reason(
          'Promoted',
          `${input.version} (revision ${hash}) runs in ${complete ? 'every cohort' : done.join(', ')} (${by})`,
        ),
      },
    };
  }
  const exceeded = [...progress.values()].find(({ kind }) => kind === 'Exceeded');
  if (exceeded?.kind === 'Exceeded' && by === 'Rolling') {
    return {
      kind: 'Change',
      change: {
        kind: 'Reject',
        hash,
        mark: {
          attempt: input.attempt,
          cohort: '*',
          at: new Date(now).toISOString(),
          reason: exceeded.reason.code,
          message: clip(exceeded.reason.message),
        },
        event: reason(
          exceeded.reason.code,
          `${input.version} (revision ${hash}) is rejected: ${exceeded.reason.message}`,
        ),
      },
    };
  }
  const worst =
    exceeded ??
    [...progress.values()].find(({ kind }) => kind === 'Holding') ??
    [...progress.values()].find(({ kind }) => kind === 'Waiting');
  const holding = worst?.kind === 'Exceeded' || worst?.kind === 'Holding';
  return {
    kind: 'Wait',
    waiting: {
      kind: 'Wait',
      phase: holding ? 'Holding' : 'Progressing',
      reason:
        worst === undefined || worst.kind === 'Serving'
          ? reason('Updating', 'nodes take the revision')
          : worst.reason,
      until: undefined,
      cohorts: progress,
      verdicts: [],
    },
  };
}
