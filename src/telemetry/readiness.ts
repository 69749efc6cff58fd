import type { OperatorState } from './operator-state.ts';
import type { Probe } from './probe.ts';
import { since } from './probe.ts';

/**
 * Longer than the restart of an API server takes, and than the longest pause between two tries (30 s). A replica
 * whose view of the cluster is older decides on what was, and should not be counted on.
 */
export const WATCH_DEAD_MS = 120_000;

/**
 * Ready: the whole cluster has been read, and no watch is dead. Whether this process leads does not matter: one
 * that waits keeps its stores warm, and takes over within seconds.
 */
export function readiness({ ready, watches }: Pick<OperatorState, 'ready' | 'watches'>, now: number): Probe {
  const reasons = watches.flatMap(({ resource, answered, lastAnswerAt, error }) => {
    const why = error === undefined ? '' : `: ${error}`;
    if (!answered) return [`${resource}: not read yet, trying since ${since(lastAnswerAt, now)}${why}`];
    if (now - lastAnswerAt < WATCH_DEAD_MS) return [];
    return [`${resource}: the watch is dead, last answer ${since(lastAnswerAt, now)}${why}`];
  });
  if (!ready && reasons.length === 0) reasons.push('the cluster has not been read yet');
  return { ok: reasons.length === 0, reasons };
}
