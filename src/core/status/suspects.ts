import { reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import { suspectsOf } from '../rollout/darkness.ts';
import type { Situation } from '../situation.ts';

/** Nodes that went dark after the candidate was started there, by name, while it is under way. */
export function suspectReasons(
  { course, states, content, hash }: Situation,
  now: number,
): ReadonlyMap<string, Reason> {
  if (course.kind !== 'Candidate' || course.memory === undefined) return new Map();
  return new Map(
    [...suspectsOf(course.memory, states, now)].map(([name, how]) => [
      name,
      reason(
        'Suspect',
        `node ${name} went dark ${how === 'DarkAgain' ? 'again and again ' : ''}after ${content.version} (revision ${hash}) was started there`,
      ),
    ]),
  );
}
