/** One formatter for each zone: making one takes a hundred times as long as using it. */
const formatters = new Map<string, Intl.DateTimeFormat | undefined>();

/** More names than there are zones would only come from labels that name none. */
const MOST_FORMATTERS = 1000;

function formatterOf(zone: string): Intl.DateTimeFormat | undefined {
  if (formatters.has(zone)) return formatters.get(zone);
  if (formatters.size >= MOST_FORMATTERS) formatters.clear();
  const made = makeFormatter(zone);
  formatters.set(zone, made);
  return made;
}

function makeFormatter(zone: string): Intl.DateTimeFormat | undefined {
  // Intl takes offsets such as +01:00 as well, which know no summer time; a name is what is asked for.
  if (!/^[A-Za-z]/.test(zone)) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
}

/** Whether the IANA time zone database knows the name. */
export function isTimeZone(name: string): boolean {
  return formatterOf(name) !== undefined;
}

/**
 * What the clock on the wall shows at an instant, written as if it were UTC, ms.
 *
 * Errors: throws a RangeError where there is no such zone.
 */
export function wallClock(zone: string, instant: number): number {
  const formatter = formatterOf(zone);
  if (formatter === undefined) throw new RangeError(`"${zone}" is not a time zone`);
  const parts = Object.fromEntries(
    formatter.formatToParts(instant).map(({ type, value }) => [type, Number(value)] as const),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((instant % 1000) + 1000) % 1000);
}

/** What must be added to UTC to get the wall clock, ms. */
export function offsetAt(zone: string, instant: number): number {
  return wallClock(zone, instant) - instant;
}

/** The first instant in (from, to] at which the offset is no longer that of `from`, to the second; at most one change lies between. */
export function offsetChange(zone: string, from: number, to: number): number | undefined {
  const before = offsetAt(zone, from);
  if (offsetAt(zone, to) === before) return undefined;
  let [low, high] = [from, to];
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (middle <= low) break;
    if (offsetAt(zone, middle) === before) low = middle;
    else high = middle;
  }
  return Math.floor(high / 1000) * 1000;
}

/**
 * The zone that a node's label names. Values of labels cannot hold the `/` of the IANA names, and no name has a
 * dot, so `Europe.Berlin` stands for Europe/Berlin.
 */
export function zoneOfLabel(value: string): string {
  return value.replaceAll('.', '/');
}
