import { describe, expect, it } from 'vitest';
import { lastOccurrence, nextOccurrence, parseCron } from './cron.ts';
import type { Cron } from './cron.ts';

const HOUR = 3_600_000;

function cronOf(schedule: string): Cron {
  const cron = parseCron(schedule);
  if ('error' in cron) throw new Error(cron.error);
  return cron;
}

const at = (text: string): number => Date.parse(`${text}:00Z`);
const text = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString().slice(0, 16);

// 1 March 2026 is a Sunday.
describe('the next occurrence', () => {
  it.each([
    ['* * * * *', '2026-03-01T12:00', '2026-03-01T12:01'],
    ['0 2 * * *', '2026-03-01T02:00', '2026-03-02T02:00'],
    ['0 2 * * *', '2026-03-01T01:59', '2026-03-01T02:00'],
    ['0 2 * * 1-5', '2026-03-06T03:00', '2026-03-09T02:00'],
    ['0 2 * * MON-fri', '2026-03-06T03:00', '2026-03-09T02:00'],
    ['30 6 * * 7', '2026-03-01T12:00', '2026-03-08T06:30'],
    ['30 6 * * 0,SAT', '2026-03-01T12:00', '2026-03-07T06:30'],
    ['*/20 22-23 * * *', '2026-03-01T22:40', '2026-03-01T23:00'],
    ['10-50/20 * * * *', '2026-03-01T12:30', '2026-03-01T12:50'],
    ['0 0 31 * *', '2026-03-31T00:00', '2026-05-31T00:00'],
    // Where a month ends before the next day that is named, the first of the next one counts.
    ['0 2 1,31 * *', '2026-02-02T00:00', '2026-03-01T02:00'],
    ['0 2 */10 * *', '2026-02-25T00:00', '2026-03-01T02:00'],
    ['0 0 29 2 *', '2026-03-01T00:00', '2028-02-29T00:00'],
    ['0 0 29 2 *', '2096-03-01T00:00', '2104-02-29T00:00'],
    ['15 4 1 jan,7 *', '2026-03-01T00:00', '2026-07-01T04:15'],
    ['59 23 31 12 *', '2026-12-31T23:58', '2026-12-31T23:59'],
    ['0 0 * */3 *', '2026-01-31T12:00', '2026-04-01T00:00'],
    ['0 12 */10 * *', '2026-03-21T12:00', '2026-03-31T12:00'],
  ])('of %s after %s is %s', (schedule, after, expected) => {
    expect(text(nextOccurrence(cronOf(schedule), at(after)))).toBe(expected);
  });

  it('lies within the time asked for, or is none', () => {
    expect(nextOccurrence(cronOf('0 2 * * *'), at('2026-03-01T02:00'), 24 * HOUR)).toBeDefined();
    expect(nextOccurrence(cronOf('0 2 * * *'), at('2026-03-01T02:00'), 24 * HOUR - 1)).toBeUndefined();
  });
});

describe('the last occurrence', () => {
  it.each([
    ['0 2 * * *', '2026-03-01T02:00', 4, '2026-03-01T02:00'],
    ['0 2 * * *', '2026-03-01T05:59', 4, '2026-03-01T02:00'],
    ['0 2 * * *', '2026-03-01T06:00', 4, undefined],
    ['0 2 * * *', '2026-03-01T01:59', 4, undefined],
    ['0 22 * * 5', '2026-03-08T21:59', 48, '2026-03-06T22:00'],
    ['0 22 * * 5', '2026-03-08T22:00', 48, undefined],
    ['30 23 31 12 *', '2027-01-01T02:00', 4, '2026-12-31T23:30'],
  ])('of %s at %s, less than %i h ago, is %s', (schedule, time, hours, expected) => {
    expect(text(lastOccurrence(cronOf(schedule), at(time), hours * HOUR))).toBe(expected);
  });
});

describe('what is no schedule', () => {
  it.each([
    ['0 2 * *', 'has 4 fields instead of five'],
    ['@daily', 'has 1 fields instead of five'],
    ['60 2 * * *', '"60" as minute'],
    ['0 24 * * *', '"24" as hour'],
    ['0 2 0 * *', '"0" as day of month'],
    ['0 2 * 13 *', '"13" as month'],
    ['0 2 * * 8', '"8" as day of week'],
    ['0 2 * * FOO', '"FOO" as day of week'],
    ['0 5-2 * * *', 'the hour 5-2, which ends before it begins'],
    ['0 1-2-3 * * *', '"1-2-3" as hour'],
    ['0 */0 * * *', '"*/0" as hour'],
    ['5/15 * * * *', 'write 5-59/15'],
    [', 2 * * *', 'as minute'],
    ['0 2 1 * 1', 'days of the month and days of the week'],
    ['0 2 */2 * 1', 'days of the month and days of the week'],
    ['0 0 31 2 *', 'a day that no year has'],
    ['0 0 31 4,6,9,11 *', 'a day that no year has'],
  ])('%s: %s', (schedule, error) => {
    expect(parseCron(schedule)).toEqual({ error: expect.stringContaining(error) });
  });
});
