import { z } from 'zod';
import { duration, parseDuration } from './duration.ts';
import type { Immutable } from './immutable.ts';
import { LABEL_KEY } from './label.ts';
import { notEmpty } from './lists.ts';
import { ruled } from './rule.ts';
import { textOf } from './text.ts';
import type { Syntax } from './text.ts';

/** One field of a schedule: values, ranges, steps, joined by commas. What a range means only code can tell. */
function field(value: string): string {
  const item = `(?:\\*(?:/[1-9][0-9]?)?|${value}(?:-${value}(?:/[1-9][0-9]?)?)?)`;
  return `${item}(?:,${item})*`;
}

const MINUTE = field('[0-5]?[0-9]');
const HOUR = field('(?:[01]?[0-9]|2[0-3])');
const DAY_OF_MONTH = field('(?:0?[1-9]|[12][0-9]|3[01])');
const MONTH = field(
  '(?:0?[1-9]|1[0-2]|[Jj][Aa][Nn]|[Ff][Ee][Bb]|[Mm][Aa][Rr]|[Aa][Pp][Rr]|[Mm][Aa][Yy]|[Jj][Uu][NnLl]|[Aa][Uu][Gg]|[Ss][Ee][Pp]|[Oo][Cc][Tt]|[Nn][Oo][Vv]|[Dd][Ee][Cc])',
);
const DAY_OF_WEEK = field(
  '(?:[0-7]|[Ss][Uu][Nn]|[Mm][Oo][Nn]|[Tt][Uu][Ee]|[Ww][Ee][Dd]|[Tt][Hh][Uu]|[Ff][Rr][Ii]|[Ss][Aa][Tt])',
);

const SCHEDULE: Syntax = {
  // Days of the month or of the week, not both: cron takes either then, which few expect.
  pattern: new RegExp(`^${MINUTE} ${HOUR} (?:\\* ${MONTH} ${DAY_OF_WEEK}|${DAY_OF_MONTH} ${MONTH} \\*)$`),
  max: 128,
  message:
    'must be a cron schedule of five fields with one space between them, of which the day of month or the day of week is *, such as "0 2 * * 1-5"',
};

const TIME_ZONE: Syntax = {
  pattern: /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/,
  max: 64,
  message: 'must be a name of the IANA time zone database, such as Europe/Berlin or UTC',
};

const LONGEST_MS = 7 * 24 * 3_600_000;

export const updateWindow = z.object({
  schedule: textOf(SCHEDULE).describe(
    'When the window opens, as a cron schedule of five fields, read on the clock on the wall of the node: "0 2 * * 1-5" is two in the morning from Monday to Friday.',
  ),
  duration: ruled(duration(), [
    {
      cel: "duration(self) >= duration('1m') && duration(self) <= duration('168h')",
      holds: (self) => (parseDuration(self) ?? 0) >= 60_000 && (parseDuration(self) ?? 0) <= LONGEST_MS,
      message: 'must be between 1m and 168h',
    },
  ]).describe('How long it stays open, on the same clock.'),
});

export const updateWindows = notEmpty(
  z.array(updateWindow).max(16).meta({ 'x-kubernetes-list-type': 'atomic' }),
  'updateWindows is empty, which would let nothing begin; leave it out to let updates begin at any time',
);

export const timeZone = z.object({
  default: textOf(TIME_ZONE).optional().describe('Of nodes whose label does not say; default UTC.'),
  fromNodeLabel: textOf({
    ...LABEL_KEY,
    message: 'must be the key of a node label, such as outrigger.dev/time-zone',
  })
    .optional()
    .describe(
      'The label of a node that names its time zone, with a dot for each slash, which labels do not take: Europe.Berlin.',
    ),
});

export type UpdateWindow = Immutable<z.infer<typeof updateWindow>>;
export type TimeZone = Immutable<z.infer<typeof timeZone>>;
