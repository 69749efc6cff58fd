import { badRequest } from './api-status.ts';

/** Errors: 400 for a time without its six digits of a second, which is what a MicroTime is read by. */
export function checkMicroTime(value: unknown, kindName: string): void {
  checkTimeBy(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/,
    '2006-01-02T15:04:05.000000Z07:00',
    value,
    kindName,
  );
}

/** Errors: 400 for what is no RFC 3339 time. */
export function checkTime(value: unknown, kindName: string): void {
  checkTimeBy(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
    '2006-01-02T15:04:05Z07:00',
    value,
    kindName,
  );
}

/** A Time as the server writes it, in UTC and cut to whole seconds; an absent one is null. */
export function wholeSeconds(value: unknown): string | null {
  return typeof value === 'string' ? `${new Date(value).toISOString().slice(0, 19)}Z` : null;
}

function checkTimeBy(pattern: RegExp, layout: string, value: unknown, kindName: string): void {
  if (value === undefined || (typeof value === 'string' && pattern.test(value))) return;
  const text = `parsing time ${JSON.stringify(value)} as "${layout}"`;
  throw badRequest(`${kindName} in version "v1" cannot be handled as a ${kindName}: ${text}`);
}
