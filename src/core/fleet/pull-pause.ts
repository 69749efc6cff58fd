import { failsToPull, fetchedAt } from '../node/fetching.ts';
import { fetchKey } from '../node/unfetched.ts';
import type { NodeState } from '../node/node-state.ts';
import type { Observed } from '../observed.ts';

/** With as many pulls of the same images failing as may be under way, one more batch tries after so long, and not before. */
const PAUSE_MS = 5 * 60_000;

/**
 * By `fetchKey`, until when (ms) no further pull begins. Without the pause a registry that is down, or an image that is
 * in none, would be asked by one node after the other, each for a minute, and take places from other models all that
 * time. A single one that came since ends it.
 */
export function pullPauses(
  { pods, unfetched }: Pick<Observed, 'pods' | 'unfetched'>,
  states: ReadonlyMap<string, NodeState>,
  max: number,
  now: number,
): ReadonlyMap<string, number> {
  // By pod: one that was taken off and failed again is one.
  const failures = new Map<string, { readonly of: string; readonly at: number }>();
  const note = (pod: string, of: string, at: number) =>
    failures.set(pod, { of, at: Math.max(at, failures.get(pod)?.at ?? 0) });
  for (const [pod, { of, since }] of unfetched) if (now - since < PAUSE_MS) note(pod, of, since);
  for (const pod of pods) {
    const state = states.get(pod.node);
    if (state !== undefined && state.phase !== 'Offline' && failsToPull(pod))
      note(pod.name, fetchKey(pod), Math.min(pod.createdAt, now));
  }
  const pauses = new Map<string, number>();
  for (const [of, mine] of Map.groupBy(failures.values(), (failure) => failure.of)) {
    if (mine.length < max) continue;
    const newest = Math.max(...mine.map(({ at }) => at));
    const came = pods.some((pod) => fetchKey(pod) === of && (fetchedAt(pod) ?? 0) > newest);
    if (!came) pauses.set(of, newest + PAUSE_MS);
  }
  return pauses;
}
