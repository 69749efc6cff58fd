import { textOf } from './text.ts';
import type { Syntax } from './text.ts';

/** Durations: hours, minutes and seconds, in that order, each at most once: 90s, 30m, 1h30m, 24h. CEL's duration() reads the same. */
export const DURATION: Syntax = {
  // One of three tails must be there, because RE2 has no lookahead to forbid the empty string.
  pattern: /^(?:[0-9]{1,5}h(?:[0-9]{1,5}m)?(?:[0-9]{1,5}s)?|[0-9]{1,5}m(?:[0-9]{1,5}s)?|[0-9]{1,5}s)$/,
  max: 18,
  message: 'must be a duration of hours, minutes and seconds, such as 90s, 30m, 1h30m or 24h',
};

export function duration() {
  return textOf(DURATION);
}

const PARTS = /^(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,5})s)?$/;

/** Milliseconds of a duration; undefined where it is none. */
export function parseDuration(value: string): number | undefined {
  const parts = DURATION.pattern.test(value) ? PARTS.exec(value) : null;
  if (parts === null) return undefined;
  const [, hours = '0', minutes = '0', seconds = '0'] = parts;
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}

/** Milliseconds of a duration that the schema has let through. */
export function milliseconds(value: string): number {
  const parsed = parseDuration(value);
  if (parsed === undefined) throw new RangeError(`"${value}" is not a duration: ${DURATION.message}`);
  return parsed;
}

/** The duration of a number of milliseconds, to the nearest second: 5400000 is 1h30m. */
export function formatDuration(ms: number): string {
  const total = Math.round(Math.abs(ms) / 1000);
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const seconds = total % 60;
  const parts = [
    hours > 0 ? `${hours}h` : '',
    minutes > 0 ? `${minutes}m` : '',
    seconds > 0 ? `${seconds}s` : '',
  ];
  const joined = parts.join('');
  return joined === '' ? '0s' : `${ms < 0 ? '-' : ''}${joined}`;
}
