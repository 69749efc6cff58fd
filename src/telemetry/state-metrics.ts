import { Gauge, type Registry } from 'prom-client';
import type { Condition } from '../api/condition.ts';
import type { EdgeModelStatus } from '../api/edge-model-status.ts';
import { type EdgeRolloutStatus, ROLLOUT_PHASES } from '../api/edge-rollout-status.ts';
import type { KubeObject } from '../api/object-meta.ts';
import { referencedModel } from '../controller/affected-models.ts';
import { isLeading, type OperatorState } from './operator-state.ts';
import { reasonLabel } from './reason-codes.ts';

const MODEL_NODES = ['eligible', 'ready', 'offline', 'lagging', 'incompatible'] as const;
const MODEL_CONDITIONS = ['Ready', 'Stalled', 'Accepted'] as const;
const ROLLOUT = ['namespace', 'rollout', 'model'] as const;
const ROLLOUT_NODES = ['updated', 'failed', 'suspect'] as const;
const ROLLOUT_CONDITIONS = ['Stalled', 'Accepted', 'Healthy'] as const;

/**
 * Gauges of models and rollouts, made at each scrape from the status of the objects as last seen, by the process
 * that leads alone: every replica sees the same objects, and sums must not double. Nothing is remembered, so
 * the series of an object end with it, and a restart changes nothing.
 */
export function registerStateMetrics(registry: Registry, state: () => OperatorState | undefined): void {
  const gauge = <const Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    collect: () => void = () => {},
  ): Gauge<Label> => {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [registry], collect });
  };

  // The registry asks its metrics in their order: the first one fills them all.
  const modelNodes = gauge(
    'outrigger_model_nodes',
    'Nodes of a model, by state; eligible counts them all.',
    ['namespace', 'model', 'state'],
    () => fill(),
  );
  const modelCondition = gauge(
    'outrigger_model_condition',
    'Conditions of a model: 1 where True, 0 where False, absent where Unknown.',
    ['namespace', 'model', 'type'],
  );
  const modelReason = gauge('outrigger_model_reason', 'Reason of the condition Ready of a model; always 1.', [
    'namespace',
    'model',
    'reason',
  ]);
  const phase = gauge('outrigger_rollout_phase', 'The phase that a rollout is in; always 1.', [
    ...ROLLOUT,
    'phase',
  ]);
  const phaseSince = gauge(
    'outrigger_rollout_phase_since_timestamp_seconds',
    'Since when a rollout is in its phase.',
    ROLLOUT,
  );
  const rolloutReason = gauge(
    'outrigger_rollout_reason',
    'Reason of the condition Ready of a rollout; always 1.',
    [...ROLLOUT, 'reason'],
  );
  const undecided = gauge(
    'outrigger_rollout_undecided',
    'Why the last look at the evidence decided nothing, a series for each reason; always 1.',
    [...ROLLOUT, 'reason'],
  );
  const rolloutCondition = gauge(
    'outrigger_rollout_condition',
    'Conditions of a rollout: 1 where True, 0 where False, absent where Unknown.',
    [...ROLLOUT, 'type'],
  );
  const rolloutNodes = gauge('outrigger_rollout_nodes', 'Nodes of the candidate, by state.', [
    ...ROLLOUT,
    'state',
  ]);
  const rolledBackAt = gauge(
    'outrigger_rollout_last_rollback_timestamp_seconds',
    'When a revision was last rejected, other than by a person; absent where none was.',
    ROLLOUT,
  );

  const model = (object: KubeObject): void => {
    const labels = { namespace: object.metadata.namespace ?? '', model: object.metadata.name };
    const { nodes, conditions } = statusOf<EdgeModelStatus>(object);
    for (const state of MODEL_NODES) setNumber(modelNodes, { ...labels, state }, nodes?.[state]);
    for (const [type, value] of truths(conditions, MODEL_CONDITIONS)) {
      modelCondition.set({ ...labels, type }, value);
    }
    const reason = reasonOf(conditions);
    if (reason !== undefined) modelReason.set({ ...labels, reason }, 1);
  };

  const rollout = (object: KubeObject): void => {
    const labels = {
      namespace: object.metadata.namespace ?? '',
      rollout: object.metadata.name,
      model: referencedModel(object) ?? '',
    };
    const status = statusOf<EdgeRolloutStatus>(object);
    if (ROLLOUT_PHASES.some((each) => each === status.phase)) {
      phase.set({ ...labels, phase: status.phase ?? '' }, 1);
      setTime(phaseSince, labels, status.phaseSince);
    }
    const reason = reasonOf(status.conditions);
    if (reason !== undefined) rolloutReason.set({ ...labels, reason }, 1);
    for (const each of undecidedReasons(status)) undecided.set({ ...labels, reason: each }, 1);
    for (const [type, value] of truths(status.conditions, ROLLOUT_CONDITIONS)) {
      rolloutCondition.set({ ...labels, type }, value);
    }
    for (const state of ROLLOUT_NODES) setNumber(rolloutNodes, { ...labels, state }, status.nodes?.[state]);
    const rollbacks = (status.rejected ?? []).filter(({ reason }) => reason !== 'AbortedByPerson');
    setTime(
      rolledBackAt,
      labels,
      rollbacks
        .map(({ at }) => at)
        .toSorted()
        .at(-1),
    );
  };

  const all = [
    modelNodes,
    modelCondition,
    modelReason,
    phase,
    phaseSince,
    rolloutReason,
    undecided,
    rolloutCondition,
    rolloutNodes,
    rolledBackAt,
  ];
  const fill = (): void => {
    for (const each of all) each.reset();
    const now = state();
    if (now === undefined || !isLeading(now)) return;
    for (const object of now.models) model(object);
    for (const object of now.rollouts) rollout(object);
  };
}

/** The API server has checked it against the schema; an object without a status is one that nobody has looked at. */
function statusOf<Status extends object>(object: KubeObject): Partial<Status> {
  return 'status' in object && typeof object.status === 'object' && object.status !== null
    ? (object.status as Partial<Status>)
    : {};
}

function truths(
  conditions: readonly Condition[] | undefined,
  types: readonly string[],
): readonly (readonly [type: string, value: number])[] {
  return (conditions ?? [])
    .filter(({ type, status }) => types.includes(type) && status !== 'Unknown')
    .map(({ type, status }) => [type, status === 'True' ? 1 : 0] as const);
}

function reasonOf(conditions: readonly Condition[] | undefined): string | undefined {
  const ready = conditions?.find(({ type }) => type === 'Ready');
  return ready && reasonLabel(ready.reason);
}

/** Of one that is over the verdicts stay in status, for people to read. */
function undecidedReasons({ phase, cohorts }: Partial<EdgeRolloutStatus>): ReadonlySet<string> {
  if (phase !== 'Soaking' && phase !== 'Holding' && phase !== 'Paused') return new Set();
  const verdicts = (cohorts ?? []).flatMap((cohort) => cohort.verdicts ?? []);
  return new Set(
    verdicts.filter(({ verdict }) => verdict === 'Undecided').map(({ reason }) => reasonLabel(reason)),
  );
}

/** A status of another version may lack a count. */
function setNumber<Label extends string>(
  metric: Gauge<Label>,
  labels: Record<Label, string>,
  value: number | undefined,
): void {
  if (typeof value === 'number') metric.set(labels, value);
}

function setTime<Label extends string>(
  metric: Gauge<Label>,
  labels: Record<Label, string>,
  time: string | undefined,
): void {
  const ms = Date.parse(time ?? '');
  if (Number.isFinite(ms)) metric.set(labels, ms / 1000);
}
