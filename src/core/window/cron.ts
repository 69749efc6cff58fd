/**
 * Minutes at which something recurs, on a wall clock. Wall-clock times are written as if they were UTC, ms: a day
 * then always has 24 hours, and time zones are somebody else's business (time-zone.ts).
 */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly daysOfWeek: ReadonlySet<number>;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** 29 February comes every four years, but for 1900, 2100 and the like. */
const FARTHEST_DAYS = 8 * 366 + 1;

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12, names: MONTHS },
  { name: 'day of week', from: 0, to: 7, names: WEEKDAYS },
];

/** Five fields as crontab(5) has them: `*`, lists, ranges, steps of both, English names. Or what is wrong, as a sentence. */
export function parseCron(schedule: string): Cron | { readonly error: string } {
  const parts = schedule.split(' ');
  if (parts.length !== FIELDS.length)
    return {
      error: `has ${parts.length} fields instead of five: minute, hour, day of month, month, day of week`,
    };
  const values: (readonly number[])[] = [];
  for (const [index, field] of FIELDS.entries()) {
    const parsed = parseField(parts[index] ?? '', field);
    if ('error' in parsed) return parsed;
    values.push(parsed.values);
  }
  const [, , dayOfMonth, , dayOfWeek] = parts;
  // In cron either of the two is then enough, which few expect, and implementations differ on it.
  if (dayOfMonth !== '*' && dayOfWeek !== '*')
    return {
      error:
        'names days of the month and days of the week; leave one of them *, and write two windows for both',
    };
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = values;
  const cron = {
    minutes,
    hours,
    daysOfMonth: new Set(days),
    months: new Set(months),
    daysOfWeek: new Set(weekdays.map((day) => day % 7)),
  };
  return nextOccurrence(cron, Date.UTC(2000, 0, 1), FARTHEST_DAYS * DAY) === undefined
    ? { error: 'names a day that no year has' }
    : cron;
}

function parseField(
  text: string,
  field: Field,
): { readonly values: readonly number[] } | { readonly error: string } {
  const { name, from, to } = field;
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const [, range = '', step] = /^([^/]+)(?:\/([1-9][0-9]?))?$/.exec(item) ?? [];
    const [first, last] = range === '*' ? [from, to] : bounds(range, field);
    if (first === undefined || last === undefined)
      return {
        error: `has ${JSON.stringify(item)} as ${name}, which is no value, range or step from ${from} to ${to}`,
      };
    if (first > last) return { error: `has the ${name} ${range}, which ends before it begins` };
    if (step !== undefined && range !== '*' && !range.includes('-'))
      return { error: `has the ${name} ${item}, a step of no range; write ${range}-${to}/${step}` };
    for (let value = first; value <= last; value += Number(step ?? 1)) values.add(value);
  }
  return { values: [...values].toSorted((a, b) => a - b) };
}

function bounds(range: string, field: Field): readonly [number | undefined, number | undefined] {
  const [first = '', last = first, more] = range.split('-');
  return more === undefined ? [valueOf(first, field), valueOf(last, field)] : [undefined, undefined];
}

function valueOf(text: string, { from, to, names }: Field): number | undefined {
  const named = names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return named + from;
  const value = /^[0-9]{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= from && value <= to ? value : undefined;
}

/** The first occurrence after `after` and at most `within` ms later; all on the wall clock. */
export function nextOccurrence(cron: Cron, after: number, within = FARTHEST_DAYS * DAY): number | undefined {
  const from = (Math.floor(after / MINUTE) + 1) * MINUTE;
  for (let day = startOfDay(from); day <= after + within; day += DAY) {
    if (!isOn(cron, day)) continue;
    const found = timesOf(cron, day).find((time) => time >= from);
    if (found !== undefined) return found - after <= within ? found : undefined;
  }
  return undefined;
}

/** The last occurrence at or before `at` and less than `within` ms ago; all on the wall clock. */
export function lastOccurrence(cron: Cron, at: number, within: number): number | undefined {
  for (let day = startOfDay(at); day > at - within - DAY; day -= DAY) {
    if (!isOn(cron, day)) continue;
    const found = timesOf(cron, day).findLast((time) => time <= at);
    if (found !== undefined) return at - found < within ? found : undefined;
  }
  return undefined;
}

function startOfDay(time: number): number {
  return Math.floor(time / DAY) * DAY;
}

function isOn(cron: Cron, day: number): boolean {
  const date = new Date(day);
  return (
    cron.months.has(date.getUTCMonth() + 1) &&
    cron.daysOfMonth.has(date.getUTCDate()) &&
    cron.daysOfWeek.has(date.getUTCDay())
  );
}

function timesOf({ hours, minutes }: Cron, day: number): number[] {
  return hours.flatMap((hour) => minutes.map((minute) => day + (hour * 60 + minute) * MINUTE));
}
