import type { OperatorState } from './operator-state.ts';
import type { Probe } from './probe.ts';
import { since } from './probe.ts';

/** A leader gives up 10 s after its last renewal; one that has done neither after six times that has lost its loop. */
export const LEASE_WEDGED_MS = 60_000;
/** Every call to the API server ends by itself: 4 attempts of at most 30 s with pauses of at most 30 s, twice for a pod. */
export const PASS_WEDGED_MS = 20 * 60_000;

/**
 * Healthy: a restart would not help. An API server or a Prometheus that is away is no fault of this process, and
 * the stores that a restart throws away are what the fleet is steered by when they are back. A pass that asks
 * waits for others, with limits that users set (spec.prometheus.timeout), and is not judged.
 */
export function health({ term, passes }: Pick<OperatorState, 'term' | 'passes'>, now: number): Probe {
  const reasons: string[] = [];
  if (
    term?.renewedAt !== undefined &&
    term.endedAt === undefined &&
    now - term.renewedAt >= LEASE_WEDGED_MS
  ) {
    reasons.push(`the lease was neither renewed nor given up since ${since(term.renewedAt, now)}`);
  }
  if (term?.endedAt !== undefined && now - term.endedAt >= PASS_WEDGED_MS) {
    reasons.push(`the work of a term that is over has not ended since ${since(term.endedAt, now)}`);
  }
  for (const pass of passes) {
    if (pass.step === 'Asking' || now - pass.since < PASS_WEDGED_MS) continue;
    reasons.push(`a pass over ${pass.key} has done nothing since ${since(pass.since, now)}`);
  }
  return { ok: reasons.length === 0, reasons };
}
