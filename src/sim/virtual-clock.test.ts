import { expect, test } from 'vitest';
import { VirtualClock } from './virtual-clock.ts';

test('sleepers wake in the order of their time, and of going to sleep at the same time', async () => {
  const clock = new VirtualClock(1_000);
  const woken: string[] = [];
  const sleeper = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms);
    woken.push(`${name}@${String(clock.now())}`);
  };
  for (const [name, ms] of Object.entries({ c: 30, a: 10, b: 20, b2: 20, d: 40 })) void sleeper(name, ms);

  await clock.advance(30);

  expect(woken).toEqual(['a@1010', 'b@1020', 'b2@1020', 'c@1030']);
  expect(clock.now()).toBe(1_030);
});

test('what a sleeper starts runs to its end before time goes on', async () => {
  const clock = new VirtualClock(0);
  const times: number[] = [];
  const chain = async (): Promise<void> => {
    await clock.sleep(5);
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    times.push(clock.now());
    await clock.sleep(1);
    times.push(clock.now());
  };
  void chain();
  void clock.sleep(6);

  await clock.advance(10);

  expect(times).toEqual([5, 6]);
});

test('an aborted sleep rejects with the reason and holds up nobody', async () => {
  const clock = new VirtualClock(0);
  const stop = new AbortController();
  const sleep = clock.sleep(1_000_000, stop.signal);
  stop.abort(new Error('stopped'));

  await expect(sleep).rejects.toThrow('stopped');
  await expect(clock.sleep(1, stop.signal)).rejects.toThrow('stopped');
  await expect(clock.runUntil(() => false)).rejects.toThrow('nothing in the simulation is waiting');
});

test('a predicate stops the clock at the instant at which it holds', async () => {
  const clock = new VirtualClock(0);
  let ticks = 0;
  const tick = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(100);
      ticks += 1;
    }
  };
  void tick();

  await clock.runUntil(() => ticks === 7);
  expect(clock.now()).toBe(700);
  await expect(clock.runUntil(() => ticks === 1_000, 1_000)).rejects.toThrow('within 1 s of virtual time');
});

test('ten thousand sleepers keep their order', async () => {
  const clock = new VirtualClock(0);
  const woken: number[] = [];
  for (let index = 0; index < 10_000; index++) {
    const ms = (index * 7_919) % 10_007;
    void clock.sleep(ms).then(() => woken.push(ms));
  }
  await clock.advance(10_007);

  expect(woken).toHaveLength(10_000);
  expect(woken).toEqual(woken.toSorted((a, b) => a - b));
});

test('real time drives the clock at the given speed', async () => {
  const clock = new VirtualClock(0);
  const stop = new AbortController();
  const run = clock.runRealtime(10_000, stop.signal);
  await clock.sleep(60_000);
  expect(clock.now()).toBeGreaterThanOrEqual(60_000);
  stop.abort();
  await run;
});
