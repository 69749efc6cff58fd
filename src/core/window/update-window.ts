import { lastOccurrence, nextOccurrence } from './cron.ts';
import type { Cron } from './cron.ts';
import { offsetAt, offsetChange, wallClock } from './time-zone.ts';

/** Begins at each occurrence and lasts that long on the wall clock, ms. */
export interface UpdateWindow {
  readonly cron: Cron;
  readonly durationMs: number;
}

export type WindowState =
  | { readonly open: true }
  | { readonly open: false; readonly opensAt: number | undefined };

const DAY = 24 * 3_600_000;

/**
 * Whether one of the windows is open, and when the next one opens otherwise (ms since the epoch).
 *
 * Windows are read on the wall clock of the zone, start and end: from two for four hours is until six, also in
 * the night in which the clocks go forward (three hours long) or back (five). Who keeps updates out of a shift
 * that begins at six means the clock on the wall. A start in the hour that is skipped opens with the first minute
 * after it; what lies in the hour that comes twice opens twice.
 */
export function windowState(windows: readonly UpdateWindow[], zone: string, now: number): WindowState {
  if (isOpen(windows, wallClock(zone, now))) return { open: true };
  return { open: false, opensAt: nextOpening(windows, zone, now) };
}

function isOpen(windows: readonly UpdateWindow[], wall: number): boolean {
  return windows.some(({ cron, durationMs }) => lastOccurrence(cron, wall, durationMs) !== undefined);
}

function nextOpening(windows: readonly UpdateWindow[], zone: string, now: number): number | undefined {
  // Near either end the clocks may change; in between nothing can open, as the wall clock repeats a day at most.
  let from = now;
  let until = now + 2 * DAY;
  for (let next = nextOf(windows, wallClock(zone, now)); ; next = nextOf(windows, next)) {
    const found = walk(windows, zone, from, until);
    if (found !== undefined || next === undefined) return found;
    // A start that the clocks skip, with all of its window, is followed by the next one.
    const about = next - offsetAt(zone, next);
    from = Math.max(until, about - 2 * DAY);
    until = Math.max(until, about + 2 * DAY);
  }
}

/** Day by day, cut where the offset changes: within a piece wall clock and time go alike. */
function walk(
  windows: readonly UpdateWindow[],
  zone: string,
  after: number,
  until: number,
): number | undefined {
  for (let from = after; from < until;) {
    const to = from + DAY;
    const end = offsetChange(zone, from, to) ?? to;
    const offset = offsetAt(zone, from);
    const next = nextOf(windows, from + offset, end - from);
    // At the very end of the piece the clock may show something else already.
    if (next !== undefined && next - offset < end) return next - offset;
    if (isOpen(windows, wallClock(zone, end))) return end;
    from = end;
  }
  return undefined;
}

function nextOf(windows: readonly UpdateWindow[], wall: number, within?: number): number | undefined {
  const found = windows.flatMap(({ cron }) => nextOccurrence(cron, wall, within) ?? []);
  return found.length === 0 ? undefined : Math.min(...found);
}
