import { canonicalJson } from '../api/canonical.ts';
import type { EdgeModelStatus } from '../api/edge-model-status.ts';
import type { EdgeRolloutStatus, RolloutPhase } from '../api/edge-rollout-status.ts';
import type { EdgeRollout } from '../api/edge-rollout.ts';
import { setCondition } from '../api/condition.ts';
import type { Condition } from '../api/condition.ts';
import { clip } from '../api/text.ts';
import type { Action } from './decision.ts';
import { governingRollout } from './governing-rollout.ts';
import type { Invalid, Observed } from './observed.ts';
import { listSome, reason } from './reason.ts';
import type { Reason } from './reason.ts';
import { CONDITION_MESSAGE_MAX, kstatusConditions } from './status/conditions.ts';
import { phaseSince } from './status/phase-since.ts';

/** Rollouts that govern nothing: the younger of two, and those whose model is not there. */
export function ungoverned(observed: Observed, nowMs: number): Action[] {
  const governing = observed.model === undefined ? undefined : governingRollout(observed.rollouts);
  return observed.rollouts.flatMap((rollout) => {
    if (rollout === governing || rollout.metadata.deletionTimestamp !== undefined) return [];
    if (governing !== undefined) {
      const why = reason(
        'Conflict',
        `EdgeRollout ${governing.metadata.name} is older and governs EdgeModel ${observed.name} already; delete one of the two`,
      );
      return told(rollout, 'Conflict', why, nowMs);
    }
    const invalid = observed.invalid.some(({ kind }) => kind === 'EdgeModel');
    const why = invalid
      ? reason('ModelInvalid', `EdgeModel ${observed.name} does not fit its schema; see its own conditions`)
      : reason(
          'ModelNotFound',
          `there is no EdgeModel ${observed.name} in namespace ${observed.namespace}; create it, or correct spec.modelRef.name`,
        );
    return told(rollout, 'Pending', why, nowMs);
  });
}

function told(rollout: EdgeRollout, phase: RolloutPhase, why: Reason, nowMs: number): Action[] {
  const before = rollout.status?.conditions ?? [];
  const status: EdgeRolloutStatus = {
    // A model that is gone is forgotten, with its candidate.
    ...(why.code === 'ModelNotFound' ? {} : rollout.status),
    observedGeneration: rollout.metadata.generation ?? 0,
    phase,
    phaseSince: phaseSince(rollout.status, phase, new Date(nowMs).toISOString()),
    message: clip(why.message),
    conditions: [...stalled(before, why, rollout.metadata.generation ?? 0, nowMs)],
  };
  if (canonicalJson(status) === canonicalJson(rollout.status)) return [];
  return [
    {
      kind: 'WriteRolloutStatus',
      name: rollout.metadata.name,
      resourceVersion: rollout.metadata.resourceVersion ?? '',
      status,
    },
    {
      kind: 'Event',
      regarding: { kind: 'EdgeRollout', name: rollout.metadata.name, uid: rollout.metadata.uid ?? '' },
      type: 'Warning',
      reason: why.code,
      note: why.message,
    },
  ];
}

/** A stored object that the schema does not take (an older CRD let it in): said at the object, and nothing of it is acted on. */
export function invalidStatuses(observed: Observed, nowMs: number): Action[] {
  return observed.invalid.flatMap((invalid) => {
    const fields = invalid.errors.map(({ path, message }) => `${path}: ${message}`);
    const why = reason(
      'Invalid',
      `the ${invalid.kind} does not fit its schema, and nothing of it is acted on: ${listSome(fields, 3)}`,
    );
    const generation = invalid.metadata.generation ?? 0;
    const before = conditionsOf(invalid);
    let conditions = stalled(before, why, generation, nowMs);
    conditions = setCondition(
      conditions,
      {
        type: 'Accepted',
        status: 'False',
        reason: why.code,
        message: clip(why.message, CONDITION_MESSAGE_MAX),
        observedGeneration: generation,
      },
      new Date(nowMs).toISOString(),
    );
    if (canonicalJson(conditions) === canonicalJson(before)) return [];
    const common = { name: invalid.metadata.name, resourceVersion: invalid.metadata.resourceVersion ?? '' };
    const status = { observedGeneration: generation, conditions: [...conditions] };
    const write: Action =
      invalid.kind === 'EdgeModel'
        ? {
            kind: 'WriteModelStatus',
            ...common,
            status: { ...status, phase: why.code } satisfies EdgeModelStatus,
          }
        : {
            kind: 'WriteRolloutStatus',
            ...common,
            status: {
              ...status,
              phase: 'Pending',
              phaseSince: phaseSince(
                invalid.status as EdgeRolloutStatus | undefined,
                'Pending',
                new Date(nowMs).toISOString(),
              ),
              message: clip(why.message),
            },
          };
    const event: Action = {
      kind: 'Event',
      regarding: { kind: invalid.kind, name: invalid.metadata.name, uid: invalid.metadata.uid ?? '' },
      type: 'Warning',
      reason: why.code,
      note: why.message,
    };
    return [write, event];
  });
}

function conditionsOf({ status }: Invalid): readonly Condition[] {
  const list = (status as { readonly conditions?: unknown } | undefined)?.conditions;
  return Array.isArray(list) ? (list as readonly Condition[]) : [];
}

function stalled(
  before: readonly Condition[],
  why: Reason,
  generation: number,
  nowMs: number,
): readonly Condition[] {
  const headline = { phase: 'Pending', status: why.code, level: 'Stalled', reason: why } as const;
  return kstatusConditions(before, headline, generation, new Date(nowMs).toISOString());
}
