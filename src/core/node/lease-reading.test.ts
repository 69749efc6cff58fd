import { describe, expect, it } from 'vitest';
import { askAgainAt, mayDisturb, nextReading, silentSince, unanswered } from './lease-reading.ts';
import type { LeaseRead, LeaseReading } from './lease-reading.ts';

const NOW = 1_000_000_000;
const read = (renewTime: string, age?: number): LeaseRead => ({ renewTime, durationMs: 40_000, age });

/** Readings one after the other: seconds after NOW, what the Lease says, and its age in seconds where the server tells. */
function readings(
  ...steps: readonly (readonly [at: number, renewTime: string, age?: number])[]
): LeaseReading {
  let reading: LeaseReading | undefined;
  for (const [at, renewTime, age] of steps)
    reading = nextReading(
      reading,
      read(renewTime, age === undefined ? undefined : age * 1_000),
      NOW + at * 1_000,
    );
  if (reading === undefined) throw new Error('nothing was read');
  return reading;
}

describe('one reading, with the age that the API server tells', () => {
  it.each([
    { age: 0, alive: true, silent: false },
    { age: 12, alive: true, silent: false },
    { age: 13, alive: false, silent: false },
    { age: 24, alive: false, silent: false },
    { age: 25, alive: false, silent: true },
    { age: 50, alive: false, silent: true },
  ])('$age s old: alive $alive, silent $silent', ({ age, alive, silent }) => {
    const reading = readings([0, 'a', age]);
    expect(mayDisturb(reading, NOW)).toBe(alive);
    expect(silentSince(reading)).toBe(silent ? NOW - age * 1_000 : undefined);
  });

  it('is no proof any more when the next renewal is overdue', () => {
    const reading = readings([0, 'a', 5]);
    expect(mayDisturb(reading, NOW + 7_000)).toBe(true);
    expect(mayDisturb(reading, NOW + 8_000)).toBe(false);
    expect(askAgainAt(reading)).toBe(NOW);
  });

  it('goes by the duration of the Lease', () => {
    const reading = nextReading(undefined, { renewTime: 'a', durationMs: 80_000, age: 24_000 }, NOW);
    expect(mayDisturb(reading, NOW)).toBe(true);
  });

  it('gives up on a Lease that nobody renews: the conditions of the Node alone tell', () => {
    const reading = readings([0, 'a', 600]);
    expect(reading).toEqual({ kind: 'Absent', askedAt: NOW });
    expect(mayDisturb(reading, NOW)).toBe(true);
  });
});

describe('two readings, whatever the clocks say', () => {
  it('without an age: nothing is known at first, and a Lease that differs was renewed since', () => {
    expect(mayDisturb(readings([0, 'a']), NOW)).toBe(false);
    expect(mayDisturb(readings([0, 'a'], [5, 'a']), NOW + 5_000)).toBe(false);
    expect(mayDisturb(readings([0, 'a'], [5, 'b']), NOW + 5_000)).toBe(true);
    expect(mayDisturb(readings([0, 'a'], [20, 'b']), NOW + 20_000)).toBe(false);
  });

  it('without an age: one that stays the same for 25 s is silent', () => {
    expect(silentSince(readings([0, 'a'], [24, 'a']))).toBeUndefined();
    expect(silentSince(readings([0, 'a'], [10, 'a'], [25, 'a']))).toBe(NOW);
  });

  it('an API server that is ahead does not make a living node silent for ever', () => {
    const first = readings([0, 'a', 100]);
    expect(silentSince(first)).toBe(NOW - 100_000);
    const second = readings([0, 'a', 100], [5, 'b', 100]);
    expect(silentSince(second)).toBeUndefined();
    expect(mayDisturb(second, NOW + 5_000)).toBe(true);
  });

  it('an API server that is behind does not make a silent node alive for ever', () => {
    expect(mayDisturb(readings([0, 'a', 0], [10, 'a', 0]), NOW + 10_000)).toBe(true);
    const reading = readings([0, 'a', 0], [10, 'a', 0], [25, 'a', 0]);
    expect(mayDisturb(reading, NOW + 25_000)).toBe(false);
    expect(silentSince(reading)).toBe(NOW);
  });

  it('its silence has one beginning, however often it is read', () => {
    expect(silentSince(readings([0, 'a', 30], [5, 'a', 36], [15, 'a', 45]))).toBe(NOW - 30_000);
  });
});

it('is read again after 5, 10 and then each 20 s, which two readings that differ need', () => {
  const steps = ([0, 5, 15, 35, 55] as const).map((at) => [at, 'a', 30 + at] as const);
  const waits = steps.map((_, index) => {
    const reading = readings(...steps.slice(0, index + 1));
    return (askAgainAt(reading) - reading.askedAt) / 1_000;
  });
  expect(waits).toEqual([5, 10, 20, 20, 20]);
});

it('what was not answered lets nothing be done, and is asked again', () => {
  const reading = unanswered(unanswered(undefined, NOW), NOW);
  expect(mayDisturb(reading, NOW)).toBe(false);
  expect(silentSince(reading)).toBeUndefined();
  expect(askAgainAt(reading)).toBe(NOW + 10_000);
});
