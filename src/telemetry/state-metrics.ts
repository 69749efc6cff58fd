import type { Condition } from '../api/condition.ts';
import type { EdgeModelStatus } from '../api/edge-model-status.ts';
import { type EdgeRolloutStatus, ROLLOUT_PHASES } from '../api/edge-rollout-status.ts';
import type { KubeObject } from '../api/object-meta.ts';
import { referencedModel } from '../controller/affected-models.ts';
import { GaugeFamily, labelText } from './gauge-family.ts';
import { isLeading, type OperatorState } from './operator-state.ts';
import { reasonLabel } from './reason-codes.ts';

const MODEL_NODES = ['eligible', 'ready', 'offline', 'lagging', 'incompatible'] as const;
const MODEL_CONDITIONS = ['Ready', 'Stalled', 'Accepted'] as const;
const MODEL = ['namespace', 'model'] as const;
const ROLLOUT = ['namespace', 'rollout', 'model'] as const;
const ROLLOUT_NODES = ['updated', 'failed', 'suspect'] as const;
const ROLLOUT_CONDITIONS = ['Stalled', 'Accepted', 'Healthy'] as const;

const newFamilies = () => ({
  modelNodes: new GaugeFamily(
    'outrigger_model_nodes',
    'Nodes of a model, by state; eligible counts them all.',
    [...MODEL, 'state'],
  ),
  modelCondition: new GaugeFamily(
    'outrigger_model_condition',
    'Conditions of a model: 1 where True, 0 where False, absent where Unknown.',
    [...MODEL, 'type'],
  ),
  modelReason: new GaugeFamily(
    'outrigger_model_reason',
    'Reason of the condition Ready of a model; always 1.',
    [...MODEL, 'reason'],
  ),
  phase: new GaugeFamily('outrigger_rollout_phase', 'The phase that a rollout is in; always 1.', [
    ...ROLLOUT,
    'phase',
  ]),
  phaseSince: new GaugeFamily(
    'outrigger_rollout_phase_since_timestamp_seconds',
    'Since when a rollout is in its phase.',
    ROLLOUT,
  ),
  rolloutReason: new GaugeFamily(
    'outrigger_rollout_reason',
    'Reason of the condition Ready of a rollout; always 1.',
    [...ROLLOUT, 'reason'],
  ),
  undecided: new GaugeFamily(
    'outrigger_rollout_undecided',
    'Why the last look at the evidence decided nothing, a series for each reason; always 1.',
    [...ROLLOUT, 'reason'],
  ),
  rolloutCondition: new GaugeFamily(
    'outrigger_rollout_condition',
    'Conditions of a rollout: 1 where True, 0 where False, absent where Unknown.',
    [...ROLLOUT, 'type'],
  ),
  rolloutNodes: new GaugeFamily('outrigger_rollout_nodes', 'Nodes of the candidate, by state.', [
    ...ROLLOUT,
    'state',
  ]),
  rolledBackAt: new GaugeFamily(
    'outrigger_rollout_last_rollback_timestamp_seconds',
    'When a revision was last rejected, other than by a person; absent where none was.',
    ROLLOUT,
  ),
});

type Families = ReturnType<typeof newFamilies>;

/** For the test of docs/telemetry.md. */
export const STATE_METRICS: readonly Pick<GaugeFamily, 'name' | 'type' | 'labels'>[] =
  Object.values(newFamilies());

/**
 * Gauges of models and rollouts, made at each scrape from the status of the objects as last seen, by the process
 * that leads alone: every replica sees the same objects, and sums must not double. Nothing is remembered, so
 * the series of an object end with it, and a restart changes nothing.
 */
export function stateText(state: OperatorState): string {
  const families = newFamilies();
  if (isLeading(state)) {
    for (const object of state.models) addModel(families, object);
    for (const object of state.rollouts) addRollout(families, object);
  }
  return Object.values(families)
    .map((family) => family.text())
    .join('\n');
}

function addModel(families: Families, object: KubeObject): void {
  const { modelNodes, modelCondition, modelReason } = families;
  const { namespace = '', name } = object.metadata;
  const labels = labelText({ namespace, model: name });
  const { nodes, conditions } = statusOf<EdgeModelStatus>(object);
  for (const state of MODEL_NODES) modelNodes.add(labels, nodes?.[state], state);
  for (const [type, value] of truths(conditions, MODEL_CONDITIONS)) modelCondition.add(labels, value, type);
  const reason = reasonOf(conditions);
  if (reason !== undefined) modelReason.add(labels, 1, reason);
}

function addRollout(families: Families, object: KubeObject): void {
  const { namespace = '', name } = object.metadata;
  const labels = labelText({ namespace, rollout: name, model: referencedModel(object) ?? '' });
  const status = statusOf<EdgeRolloutStatus>(object);
  if (ROLLOUT_PHASES.some((each) => each === status.phase)) {
    families.phase.add(labels, 1, status.phase);
    families.phaseSince.add(labels, seconds(status.phaseSince));
  }
  const reason = reasonOf(status.conditions);
  if (reason !== undefined) families.rolloutReason.add(labels, 1, reason);
  for (const each of undecidedReasons(status)) families.undecided.add(labels, 1, each);
  for (const [type, value] of truths(status.conditions, ROLLOUT_CONDITIONS)) {
    families.rolloutCondition.add(labels, value, type);
  }
  for (const state of ROLLOUT_NODES) families.rolloutNodes.add(labels, status.nodes?.[state], state);
  const rollbacks = (status.rejected ?? []).filter((each) => each.reason !== 'AbortedByPerson');
  families.rolledBackAt.add(
    labels,
    seconds(
      rollbacks
        .map(({ at }) => at)
        .toSorted()
        .at(-1),
    ),
  );
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

/** Of an RFC 3339 time, since the epoch. */
function seconds(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time) / 1000;
}
