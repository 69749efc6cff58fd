import type { MinuteSample, NodeMinutes } from './evidence.ts';
import type { Window } from './window.ts';

/** Number of the step that a sample ends; a sample off the grid belongs to the step that it is in. */
export const stepOf = (at: number, window: Window): number =>
  Math.ceil((at - window.from) / window.resolution - 1e-6) - 1;

/** Samples by key; the parts of a key that came more than once are put together. */
export const samplesByKey = (
  samples: readonly NodeMinutes[],
): ReadonlyMap<string, readonly MinuteSample[]> => {
  const found = new Map<string, readonly MinuteSample[]>();
  for (const { key, minutes } of samples) {
    const known = found.get(key);
    found.set(key, known === undefined ? minutes : [...known, ...minutes]);
  }
  return found;
};
