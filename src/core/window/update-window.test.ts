import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCron } from './cron.ts';
import { isTimeZone, offsetAt, offsetChange, wallClock, zoneOfLabel } from './time-zone.ts';
import { windowState } from './update-window.ts';
import type { UpdateWindow } from './update-window.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function windowOf(schedule: string, durationMs: number): UpdateWindow {
  const cron = parseCron(schedule);
  if ('error' in cron) throw new Error(cron.error);
  return { cron, durationMs };
}

/** `open`, or when it opens. */
function stateAt(time: string, zone: string, ...windows: readonly UpdateWindow[]): string | undefined {
  const state = windowState(windows, zone, Date.parse(time));
  return state.open
    ? 'open'
    : state.opensAt === undefined
      ? undefined
      : new Date(state.opensAt).toISOString();
}

describe('the clock on the wall', () => {
  it.each([
    ['UTC', '2026-03-01T12:00:00.500Z', '2026-03-01T12:00:00.500Z'],
    ['Europe/Berlin', '2026-03-01T12:00:00Z', '2026-03-01T13:00:00.000Z'],
    ['Europe/Berlin', '2026-07-01T12:00:00Z', '2026-07-01T14:00:00.000Z'],
    ['America/Argentina/Buenos_Aires', '2026-01-01T02:00:00Z', '2025-12-31T23:00:00.000Z'],
    ['Asia/Kolkata', '2026-01-01T00:00:00Z', '2026-01-01T05:30:00.000Z'],
    ['Australia/Lord_Howe', '2026-01-01T00:00:00Z', '2026-01-01T11:00:00.000Z'],
    ['Pacific/Kiritimati', '2026-01-01T00:00:00Z', '2026-01-01T14:00:00.000Z'],
  ])('in %s at %s is %s', (zone, instant, expected) => {
    expect(new Date(wallClock(zone, Date.parse(instant))).toISOString()).toBe(expected);
  });

  it('knows zones by name alone', () => {
    expect(isTimeZone('Europe/Berlin')).toBe(true);
    const none = ['Europe/Berln', '+01:00', '', 'Europe.Berlin', 'Mars/Olympus'];
    expect(none.filter(isTimeZone)).toEqual([]);
    expect(() => wallClock('Mars/Olympus', 0)).toThrow('"Mars/Olympus" is not a time zone');
  });

  it('reads a dot in a label as a slash', () => {
    expect(zoneOfLabel('America.Argentina.Buenos_Aires')).toBe('America/Argentina/Buenos_Aires');
    expect(zoneOfLabel('UTC')).toBe('UTC');
  });

  it('finds the instant at which the offset changes', () => {
    const from = Date.parse('2026-03-28T20:00:00Z');
    expect(offsetChange('Europe/Berlin', from, from + 24 * HOUR)).toBe(Date.parse('2026-03-29T01:00:00Z'));
    expect(offsetChange('Europe/Berlin', from, from + HOUR)).toBeUndefined();
  });
});

describe('a window', () => {
  const nights = windowOf('0 2 * * 1-5', 4 * HOUR);

  it.each([
    ['2026-03-01T12:00:00Z', 'Europe/Berlin', '2026-03-02T01:00:00.000Z'],
    ['2026-03-02T00:59:59Z', 'Europe/Berlin', '2026-03-02T01:00:00.000Z'],
    ['2026-03-02T01:00:00Z', 'Europe/Berlin', 'open'],
    ['2026-03-02T04:59:59Z', 'Europe/Berlin', 'open'],
    ['2026-03-02T05:00:00Z', 'Europe/Berlin', '2026-03-03T01:00:00.000Z'],
    ['2026-03-06T06:00:00Z', 'Europe/Berlin', '2026-03-09T01:00:00.000Z'],
    ['2026-03-02T01:00:00Z', 'America/New_York', '2026-03-02T07:00:00.000Z'],
    ['2026-03-02T01:00:00Z', 'Asia/Kolkata', '2026-03-02T20:30:00.000Z'],
  ])('at two on weekdays for 4h, at %s in %s: %s', (time, zone, expected) => {
    expect(stateAt(time, zone, nights)).toBe(expected);
  });

  it('of several, any is enough, and the next to open counts', () => {
    const noon = windowOf('0 12 * * *', HOUR);
    expect(stateAt('2026-03-01T11:00:00Z', 'Europe/Berlin', nights, noon)).toBe('open');
    expect(stateAt('2026-03-01T13:00:00Z', 'Europe/Berlin', nights, noon)).toBe('2026-03-02T01:00:00.000Z');
    expect(stateAt('2026-03-07T00:00:00Z', 'UTC', nights, noon)).toBe('2026-03-07T12:00:00.000Z');
  });

  it('that follows on itself is always open', () => {
    expect(stateAt('2026-03-01T11:59:59Z', 'UTC', windowOf('0 * * * *', HOUR))).toBe('open');
    expect(stateAt('2026-10-25T01:30:00Z', 'Europe/Berlin', windowOf('* * * * *', MINUTE))).toBe('open');
  });

  it('far ahead is found all the same', () => {
    expect(stateAt('2026-03-02T00:00:00Z', 'America/New_York', windowOf('0 0 29 2 *', HOUR))).toBe(
      '2028-02-29T05:00:00.000Z',
    );
  });
});

// In Berlin 02:00 becomes 03:00 at 2026-03-29T01:00Z.
describe('the night in which the clocks go forward', () => {
  it('ends a window when the clock on the wall says so, an hour early', () => {
    const night = windowOf('0 1 * * *', 4 * HOUR);
    expect(stateAt('2026-03-29T00:00:00Z', 'Europe/Berlin', night)).toBe('open');
    expect(stateAt('2026-03-29T02:59:59Z', 'Europe/Berlin', night)).toBe('open');
    expect(stateAt('2026-03-29T03:00:00Z', 'Europe/Berlin', night)).toBe('2026-03-29T23:00:00.000Z');
  });

  it('opens a window whose start is skipped with the first minute after it', () => {
    const night = windowOf('30 2 * * *', HOUR);
    expect(stateAt('2026-03-29T00:59:59Z', 'Europe/Berlin', night)).toBe('2026-03-29T01:00:00.000Z');
    expect(stateAt('2026-03-29T01:00:00Z', 'Europe/Berlin', night)).toBe('open');
    expect(stateAt('2026-03-29T01:30:00Z', 'Europe/Berlin', night)).toBe('2026-03-30T00:30:00.000Z');
  });

  it('passes over a window that is skipped whole', () => {
    const night = windowOf('15 2 * * *', 30 * MINUTE);
    expect(stateAt('2026-03-29T00:30:00Z', 'Europe/Berlin', night)).toBe('2026-03-30T00:15:00.000Z');
    // A whole day was, in Samoa, when it went to the other side of the date line.
    expect(stateAt('2011-12-28T00:00:00Z', 'Pacific/Apia', windowOf('0 12 30 12 *', HOUR))).toBe(
      '2012-12-29T22:00:00.000Z',
    );
  });
});

// In Berlin 03:00 becomes 02:00 at 2026-10-25T01:00Z.
describe('the night in which the clocks go back', () => {
  it('ends a window when the clock on the wall says so, an hour late', () => {
    const night = windowOf('0 1 * * *', 4 * HOUR);
    expect(stateAt('2026-10-24T23:00:00Z', 'Europe/Berlin', night)).toBe('open');
    expect(stateAt('2026-10-25T03:59:59Z', 'Europe/Berlin', night)).toBe('open');
    expect(stateAt('2026-10-25T04:00:00Z', 'Europe/Berlin', night)).toBe('2026-10-26T00:00:00.000Z');
  });

  it('opens what lies in the hour that comes twice both times', () => {
    const night = windowOf('15 2 * * *', 30 * MINUTE);
    expect(stateAt('2026-10-25T00:00:00Z', 'Europe/Berlin', night)).toBe('2026-10-25T00:15:00.000Z');
    expect(stateAt('2026-10-25T00:44:59Z', 'Europe/Berlin', night)).toBe('open');
    expect(stateAt('2026-10-25T00:45:00Z', 'Europe/Berlin', night)).toBe('2026-10-25T01:15:00.000Z');
    expect(stateAt('2026-10-25T01:45:00Z', 'Europe/Berlin', night)).toBe('2026-10-26T01:15:00.000Z');
  });
});

describe('the opening that is foretold', () => {
  const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];
  const schedules = ['30 2 * * *', '*/40 1-3 * * *', '0 22 * * 5', '15 0 1 * *', '59 23 * * 0,3'];

  it('is the first minute that is open, also where the clocks change', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...schedules),
        fc.constantFrom(10, 45, 240, 1500),
        fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01'),
        fc.integer({ min: -24 * 60, max: 24 * 60 }),
        (zone, schedule, minutes, day, shift) => {
          const windows = [windowOf(schedule, minutes * MINUTE)];
          const now = Date.parse(`${day}T00:00:00Z`) + shift * MINUTE;
          const state = windowState(windows, zone, now);
          if (state.open) return;
          const opensAt = state.opensAt ?? Number.NaN;
          expect(opensAt).toBeGreaterThan(now);
          expect(windowState(windows, zone, opensAt).open).toBe(true);
          const looked = Math.min(opensAt, now + 3 * 24 * HOUR);
          for (let time = now; time < looked; time += MINUTE) {
            if (windowState(windows, zone, time).open)
              throw new Error(`open at ${new Date(time).toISOString()}`);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('knows the offset of a zone at any time', () => {
    expect(offsetAt('Asia/Kolkata', 0)).toBe(5.5 * HOUR);
  });
});
