import { kindOf } from '../../api/metric.ts';
import type { Metric } from '../../api/metric.ts';
import type { RolloutSettings } from '../../api/rollout-settings.ts';
import type { Survey } from '../fleet/survey.ts';
import { reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import { windowsProblem } from '../window/node-window.ts';
import type { CandidateMemory } from './memory.ts';

/** More cohorts than status can show are refused: evidence nobody can read is none. */
export const MAX_COHORTS = 64;

/** What is judged where the rollout names no metric: what the API server knows of any pod. */
const POD_HEALTH: Metric = { name: 'health', pods: ['restarts', 'notReady'] };

export interface BeginInput {
  readonly hash: string;
  readonly attempt: number;
  readonly version: string;
  readonly survey: Survey;
  readonly rolloutName: string;
  readonly settings: RolloutSettings;
  readonly queries: ReadonlyMap<string, { readonly query: string } | { readonly error: string }>;
  readonly prometheusAddress: string | undefined;
  readonly entropy: string;
  /** Hashes of revisions that were promoted: a node that still runs one of them only lags, nobody disturbed it. */
  readonly promoted: ReadonlySet<string>;
  readonly now: number;
}

export function metricsOf(settings: RolloutSettings): readonly Metric[] {
  return settings.analysis.metrics.length > 0 ? settings.analysis.metrics : [POD_HEALTH];
}

/** Why a candidate cannot even begin; undefined where it can. A candidate that nothing could judge moves no node. */
export function cannotBegin(input: BeginInput): Reason | undefined {
  const { survey, settings } = input;
  if (survey.cohorts.size > MAX_COHORTS) {
    return reason(
      'TooManyCohorts',
      `the nodes fall into ${survey.cohorts.size} cohorts, more than ${MAX_COHORTS}; use fewer labels in cohorts.by`,
    );
  }
  const windows = windowsProblem(settings);
  if (windows !== undefined) return windows;
  for (const metric of metricsOf(settings)) {
    const name = metric.name ?? metric.preset ?? '';
    if (kindOf(metric) === 'pods') continue;
    const query = input.queries.get(`${input.rolloutName}/${name}`);
    if (query !== undefined && 'error' in query)
      return reason('QueryInvalid', `metric ${name}: ${query.error}`);
    if (input.prometheusAddress === undefined) {
      return reason(
        'PrometheusNotConfigured',
        `metric ${name} needs a Prometheus; set spec.prometheus.address of the rollout, or start the operator with --prometheus`,
      );
    }
  }
  return undefined;
}

/**
 * The memory of a new candidate, with no wave started. Nodes that still run another candidate, or this one from an
 * earlier attempt that has not gone back everywhere, were disturbed already and go first.
 */
export function beginCandidate(input: BeginInput): CandidateMemory {
  const disturbed = input.survey.eligible
    .filter(({ pods, stable }) =>
      pods.some(
        (pod) =>
          pod.role === 'serve' &&
          pod.revision !== stable?.revision &&
          // Promoted in other cohorts, it was tried in this one, and may still be on its way back.
          (pod.revision === input.hash || !input.promoted.has(pod.revision)),
      ),
    )
    .filter(({ stable }) => stable !== undefined)
    .map(({ node }) => node.name);
  return {
    revision: input.hash,
    attempt: input.attempt,
    version: input.version,
    seed: input.entropy,
    startedAt: new Date(input.now).toISOString(),
    waves: input.settings.waves,
    cohortsBy: input.settings.cohortsBy,
    metrics: metricsOf(input.settings),
    analysis: {
      falseRollbackRate: input.settings.analysis.falseRollbackRate,
      groupBy: input.settings.analysis.groupBy,
      resolutionMs: input.settings.analysis.resolutionMs,
      warmupMs: input.settings.analysis.warmupMs,
      method: input.settings.analysis.method,
      historyMs: input.settings.analysis.historyMs,
    },
    disturbed,
    walks: [],
  };
}
