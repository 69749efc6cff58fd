import type { EdgeRolloutSpec } from '../../src/api/edge-rollout.ts';
import { milliseconds } from '../../src/api/duration.ts';

const MINUTE = 60_000;

/**
 * Whether an update window is open on a node: minute for minute back on the wall clock of its zone, as slow as it is
 * plain. Knows numbers, lists, ranges and steps.
 */
export function isWindowOpen(
  { updateWindows, timeZone }: Pick<EdgeRolloutSpec, 'updateWindows' | 'timeZone'>,
  labels: Readonly<Record<string, string>>,
  now: number,
): boolean {
  if (updateWindows === undefined) return true;
  const label = timeZone?.fromNodeLabel === undefined ? undefined : labels[timeZone.fromNodeLabel];
  const wall = wallClock(label?.replaceAll('.', '/') || (timeZone?.default ?? 'UTC'), now);
  return updateWindows.some(({ schedule, duration }) => {
    const fields = schedule.split(' ');
    const minutes = milliseconds(duration) / MINUTE;
    for (let back = 0; back < minutes; back++)
      if (matches(fields, new Date(wall - back * MINUTE))) return true;
    return false;
  });
}

/** To the minute, written as if it were UTC. */
function wallClock(zone: string, now: number): number {
  const text = new Date(now).toLocaleString('sv-SE', { timeZone: zone });
  return Math.floor(Date.parse(`${text.replace(' ', 'T')}Z`) / MINUTE) * MINUTE;
}

function matches(fields: readonly string[], at: Date): boolean {
  const values = [
    at.getUTCMinutes(),
    at.getUTCHours(),
    at.getUTCDate(),
    at.getUTCMonth() + 1,
    at.getUTCDay(),
  ];
  return values.every((value, index) =>
    (fields[index] ?? '*').split(',').some((item) => {
      const [range = '*', step = '1'] = item.split('/');
      const [from = 0, to = from] =
        range === '*' ? [index === 2 || index === 3 ? 1 : 0, 59] : range.split('-').map(Number);
      return value >= from && value <= to && (value - from) % Number(step) === 0;
    }),
  );
}
