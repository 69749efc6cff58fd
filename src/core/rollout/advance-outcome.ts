import type { RolloutSettings } from '../../api/rollout-settings.ts';
import type { PrometheusSpec } from '../../api/prometheus.ts';
import type { Evidence } from '../../judge/evidence.ts';
import type { MetricNeed } from '../decision.ts';
import type { JudgeNeed, TakenLook } from './judge-need.ts';
import type { Surveyed } from '../fleet/survey.ts';
import type { NodeState } from '../node/node-state.ts';
import type { Reason } from '../reason.ts';
import type { PromotedBy } from '../revision/revision.ts';
import type { CandidateMemory, CohortVerdict } from './memory.ts';
import type { PersonDecisions } from './person-decisions.ts';
import type { WaveProgress } from './wave-progress.ts';

export interface AdvanceInput {
  readonly memory: CandidateMemory;
  readonly settings: RolloutSettings;
  /** Nothing is stable yet. */
  readonly first: boolean;
  readonly prometheus: PrometheusSpec | undefined;
  readonly decisions: PersonDecisions;
  /** Cohorts that still have to take the revision, with their nodes. */
  readonly open: ReadonlyMap<string, readonly Surveyed[]>;
  readonly states: ReadonlyMap<string, NodeState>;
  readonly evidence: ReadonlyMap<string, Evidence>;
  readonly taken: readonly TakenLook[];
  /** The name that Outrigger gives to the pod of stable on a node; undefined where nothing is stable there. */
  readonly stablePod: (node: string) => string | undefined;
  readonly rolloutName: string;
  readonly namespace: string;
  readonly now: number;
}

/** The one next thing that happens to a candidate. */
export type Advance =
  | { readonly kind: 'Remember'; readonly memory: CandidateMemory; readonly event: Reason | undefined }
  | { readonly kind: 'Reject'; readonly cohort: string; readonly reason: Reason }
  | { readonly kind: 'Promote'; readonly cohorts: readonly string[]; readonly by: PromotedBy }
  | { readonly kind: 'Need'; readonly needs: readonly (MetricNeed | JudgeNeed)[] }
  | {
      readonly kind: 'Wait';
      readonly phase: 'Progressing' | 'Soaking' | 'Holding' | 'AwaitingApproval' | 'Paused';
      readonly reason: Reason;
      /** What the annotation outrigger.dev/approve is to say, where a wave waits for a person. */
      readonly approval?: string | undefined;
      /** Decide again at, ms. */
      readonly until: number | undefined;
      readonly cohorts: ReadonlyMap<string, WaveProgress>;
      readonly verdicts: readonly CohortVerdict[];
    };

export function wait(
  phase: Extract<Advance, { kind: 'Wait' }>['phase'],
  why: Reason,
  more: {
    readonly until?: number;
    readonly approval?: string;
    readonly cohorts?: ReadonlyMap<string, WaveProgress>;
    readonly verdicts?: readonly CohortVerdict[] | undefined;
  },
): Advance {
  return {
    kind: 'Wait',
    phase,
    reason: why,
    approval: more.approval,
    until: more.until,
    cohorts: more.cohorts ?? new Map(),
    verdicts: more.verdicts ?? [],
  };
}
