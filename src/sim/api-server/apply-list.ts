/** An item of a keyed list or a member of a set, with the element that names it. */
export interface ListEntry {
  readonly element: string;
  readonly value: unknown;
}

/**
 * The order in which the server merges two lists, after `visitListItems` of structured-merge-diff v6: shared items
 * take the order of the configuration, and what only the live list has stays where it stands between them.
 */
export function mergeEntries(
  live: readonly ListEntry[],
  config: readonly ListEntry[],
  merge: (live: unknown, config: unknown) => unknown,
): unknown[] {
  const inLive = new Map(live.map((entry) => [entry.element, entry]));
  const inConfig = new Set(config.map(({ element }) => element));
  const shared = config.map(({ element }) => element).filter((element) => inLive.has(element));
  const taken = new Set<string>();
  const merged: unknown[] = [];
  const take = (entry: ListEntry): void => {
    const found = inLive.get(entry.element);
    merged.push(found ? merge(found.value, entry.value) : entry.value);
    taken.add(entry.element);
    if (shared[0] === entry.element) shared.shift();
  };

  let [left, right] = [0, 0];
  while (left < live.length || right < config.length) {
    const mine = live[left];
    const theirs = config[right];
    if (mine && theirs && mine.element === theirs.element) {
      take(theirs);
      left += 1;
      right += 1;
    } else if (mine && !inConfig.has(mine.element)) {
      merged.push(mine.value);
      left += 1;
    } else if (
      mine &&
      (taken.has(mine.element) || (theirs && shared.length > 0 && shared[0] !== mine.element))
    ) {
      left += 1;
    } else if (theirs) {
      take(theirs);
      right += 1;
    } else {
      left += 1;
    }
  }
  return merged;
}
