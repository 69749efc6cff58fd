import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './system-clock.ts';

describe('systemClock', () => {
  it('rejects with the reason of the signal, before and during a sleep', async () => {
    const reason = new Error('stopped');
    await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const stop = new AbortController();
    const sleeping = systemClock.sleep(60_000, stop.signal);
    stop.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
  });

  it('sleeps for no time where the time is past', async () => {
    await expect(systemClock.sleep(-5)).resolves.toBeUndefined();
  });

  describe('with fake timers', () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it('tells the time of the machine', () => {
      vi.setSystemTime(1_234);
      expect(systemClock.now()).toBe(1_234);
    });
  });

  it('does not take a sleep longer than a timer can be for none', async () => {
    const stop = new AbortController();
    const sleeping = systemClock.sleep(2 ** 40, stop.signal).then(
      () => 'slept',
      () => 'aborted',
    );
    // An overflowing timer fires after a millisecond.
    await systemClock.sleep(20);
    stop.abort();
    expect(await sleeping).toBe('aborted');
  });
});
