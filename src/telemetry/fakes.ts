import type { Condition } from '../api/condition.ts';
import { API_VERSION } from '../api/names.ts';
import type { KubeObject } from '../api/object-meta.ts';
import type { WatchHealth } from '../kube/watch-health.ts';
import type { OperatorState } from './operator-state.ts';

/** What the tests of this folder read; the operator itself is in test/telemetry. */

/** An operator that has read the cluster, leads without a lease and has nothing to do. */
export function stateOf(parts: Partial<OperatorState> = {}): OperatorState {
  return {
    ready: true,
    watches: [],
    term: { renewedAt: undefined, endedAt: undefined },
    passes: [],
    queueLength: 0,
    droppedEvents: 0,
    models: [],
    rollouts: [],
    stored: {},
    ...parts,
  };
}

export function watchOf(resource: string, parts: Partial<WatchHealth> = {}): WatchHealth {
  return { resource, connected: true, answered: true, lastAnswerAt: 0, error: undefined, ...parts };
}

export function objectOf(
  kind: 'EdgeModel' | 'EdgeRollout',
  name: string,
  status: object | undefined,
): KubeObject {
  const spec = kind === 'EdgeRollout' ? { modelRef: { name: `${name}-model` } } : {};
  const object = { apiVersion: API_VERSION, kind, metadata: { namespace: 'vision', name }, spec, status };
  return object;
}

export function conditionOf(type: string, status: Condition['status'], reason = type): Condition {
  return { type, status, reason, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' };
}

/** The lines of a page that are samples of these metrics. */
export function samples(body: string, prefix: string): readonly string[] {
  return body.split('\n').filter((line) => line.startsWith(prefix));
}
