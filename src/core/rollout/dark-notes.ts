import type { NodeState } from '../node/node-state.ts';
import { isDark } from '../node/reachability.ts';
import { ranBefore } from '../node/suspect.ts';
import type { DarkNotes } from './memory.ts';

/** Dark, back and dark again: more than that says nothing new, and a memory must stay small. */
const ENOUGH = 3;

/**
 * When judged nodes went dark and came back since the wave started. One darkness can be read off a node: Ready keeps
 * the time of its last change. That there was one before it can not, and a node that a candidate brings down again
 * and again is back for a moment each time; so the changes are noted, and only ever added to.
 *
 * A darkness that passed while no operator looked is known by its end alone. Ready may go from False to Unknown: that
 * is one darkness, as nothing was noted between.
 *
 * @param began ms, when the wave started
 * @returns undefined where there is nothing new
 */
export function noteDarkness(
  before: DarkNotes,
  { updated, controls }: { readonly updated: readonly NodeState[]; readonly controls: readonly NodeState[] },
  began: number,
): DarkNotes | undefined {
  const fresh: Record<string, readonly number[]> = {};
  const note = ({ node, targetPod }: NodeState, isUpdated: boolean) => {
    const known = before[node.name] ?? [];
    const at = node.readySince;
    if (known.length >= ENOUGH || at < began) return;
    const wasDark = known.length % 2 === 1;
    if (isDark(node)) {
      if (!wasDark) fresh[node.name] = [...known, at];
    } else if (node.ready === 'True') {
      const missed = isUpdated ? targetPod !== undefined && ranBefore(targetPod, at) : true;
      if (wasDark) fresh[node.name] = [...known, at];
      else if (known.length === 0 && missed && at > began) fresh[node.name] = [at, at];
    }
  };
  for (const state of updated) note(state, true);
  for (const state of controls) note(state, false);
  return Object.keys(fresh).length === 0 ? undefined : { ...before, ...fresh };
}

/** Whether the node came back and went dark again, since the wave started. */
export function wentDarkAgain(notes: DarkNotes | undefined, node: string): boolean {
  return (notes?.[node]?.length ?? 0) >= ENOUGH;
}
