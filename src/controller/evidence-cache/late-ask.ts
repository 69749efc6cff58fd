import type { Ask } from './ask.ts';
import { keysPerAsk } from './ask.ts';
import type { Row } from './row.ts';
import { firstMissing, missingEnd } from './row.ts';

/**
 * One question over the steps that are still missing, from the oldest to the newest of them, of as many keys from
 * number `cursor` on as fit into it; `next` is where the following question goes on, 0 where none is left.
 */
export const lateAsk = (
  stretch: 'history' | 'window',
  keys: readonly string[],
  rows: ReadonlyMap<string, Row>,
  cursor: number,
  most: number,
): { readonly ask: Ask; readonly next: number } | undefined => {
  const chosen: string[] = [];
  let first = Infinity;
  let end = 0;
  let next = 0;
  for (let at = cursor < keys.length ? cursor : 0; at < keys.length; at++) {
    const key = keys[at] ?? '';
    const row = rows.get(key);
    if (row === undefined || row.present >= row.asked) continue;
    const from = Math.min(first, firstMissing(row));
    const to = Math.max(end, missingEnd(row));
    if (chosen.length >= keysPerAsk(to - from, most)) {
      next = at;
      break;
    }
    chosen.push(key);
    first = from;
    end = to;
  }
  return chosen.length === 0 ? undefined : { ask: { stretch, first, end, keys: chosen, late: true }, next };
};
