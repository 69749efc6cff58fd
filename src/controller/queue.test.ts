import { afterEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../sim/virtual-clock.ts';
import { type QueueFailure, type QueueOptions, type QueueResult, TerminalError, WorkQueue } from './queue.ts';

const stops: AbortController[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

function start(work: (key: string) => Promise<QueueResult>, options: Partial<QueueOptions> = {}) {
  const clock = new VirtualClock(0);
  const failures: QueueFailure[] = [];
  const backoff = { baseMs: 100, maxMs: 1_000, jitter: 0 };
  const onFailure = (failure: QueueFailure): void => void failures.push(failure);
  const queue = new WorkQueue({
    clock,
    concurrency: 1,
    work,
    random: () => 0,
    backoff,
    onFailure,
    ...options,
  });
  const stop = new AbortController();
  stops.push(stop);
  return { clock, queue, failures, stop, stopped: queue.run(stop.signal) };
}

/** Work that stays under way until it is told to end. */
function gated() {
  const begun: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<QueueResult>>();
  const work = (key: string): Promise<QueueResult> => {
    begun.push(key);
    const gate = Promise.withResolvers<QueueResult>();
    gates.set(key, gate);
    return gate.promise;
  };
  return {
    begun,
    work,
    end: (key: string, result: QueueResult = {}): void => gates.get(key)?.resolve(result),
    fail: (key: string, error: unknown): void => gates.get(key)?.reject(error),
  };
}

describe('WorkQueue', () => {
  it('works once on a key that was added often while it waited', async () => {
    const worked: string[] = [];
    const { clock, queue } = start(async (key) => {
      worked.push(key);
      return {};
    });
    for (let i = 0; i < 5; i++) queue.add('a');
    await clock.advance(0);
    expect(worked).toEqual(['a']);
  });

  it('never works on one key twice at once, and works again on one added meanwhile', async () => {
    const gate = gated();
    const { clock, queue } = start(gate.work, { concurrency: 3 });
    queue.add('a');
    await clock.advance(0);
    queue.add('a');
    queue.add('a');
    await clock.advance(1_000);
    expect(gate.begun).toEqual(['a']);
    gate.end('a');
    await clock.advance(0);
    expect(gate.begun).toEqual(['a', 'a']);
    gate.end('a');
    await clock.advance(1_000);
    expect(gate.begun).toEqual(['a', 'a']);
  });

  it('works on as many keys at once as it may, and a stuck one holds up no other', async () => {
    const gate = gated();
    const { clock, queue } = start(gate.work, { concurrency: 2 });
    for (const key of ['stuck', 'b', 'c', 'd']) queue.add(key);
    await clock.advance(0);
    expect(gate.begun).toEqual(['stuck', 'b']);
    expect([queue.active, queue.length]).toEqual([2, 2]);
    gate.end('b');
    await clock.advance(0);
    gate.end('c');
    await clock.advance(0);
    expect(gate.begun).toEqual(['stuck', 'b', 'c', 'd']);
  });

  it('puts a key that comes back behind those that wait', async () => {
    const worked: string[] = [];
    const { clock, queue } = start(async (key) => {
      worked.push(key);
      if (key === 'busy' && worked.length < 6) queue.add('busy');
      return {};
    });
    for (const key of ['busy', 'b', 'c']) queue.add(key);
    await clock.advance(0);
    expect(worked.slice(0, 4)).toEqual(['busy', 'b', 'c', 'busy']);
  });

  it('backs off for each key on its own, up to the cap, and forgets it after a success', async () => {
    const at: number[] = [];
    let broken = true;
    const { clock, queue, failures } = start(async (key) => {
      if (key === 'fine') return {};
      at.push(clock.now());
      if (broken) throw new Error('no');
      return {};
    });
    queue.add('bad');
    await clock.advance(4_000);
    expect(at).toEqual([0, 100, 300, 700, 1_500, 2_500, 3_500]);
    expect(failures.at(-1)).toMatchObject({ key: 'bad', failures: 7, retryInMs: 1_000 });
    broken = false;
    await clock.advance(1_000);
    broken = true;
    queue.add('bad');
    await clock.advance(0);
    expect(failures.at(-1)).toMatchObject({ failures: 1, retryInMs: 100 });
  });

  it('waits as long as the error asks', async () => {
    let tries = 0;
    const { clock, queue } = start(async () => {
      tries += 1;
      throw Object.assign(new Error('throttled'), { retryAfterMs: 5_000 });
    });
    queue.add('a');
    await clock.advance(4_999);
    expect(tries).toBe(1);
    await clock.advance(1);
    expect(tries).toBe(2);
  });

  it('does not repeat a terminal error until the key is added', async () => {
    let tries = 0;
    const { clock, queue, failures } = start(async () => {
      tries += 1;
      throw new TerminalError('never');
    });
    queue.add('a');
    await clock.advance(86_400_000);
    expect(tries).toBe(1);
    expect(failures[0]?.retryInMs).toBeUndefined();
    queue.add('a');
    await clock.advance(0);
    expect(tries).toBe(2);
  });

  it('lets the events of a failed pass wait for its backoff, but news from outside through at once', async () => {
    const gate = gated();
    const { clock, queue } = start(gate.work);
    queue.add('a');
    await clock.advance(0);
    queue.add('a');
    gate.fail('a', new Error('no'));
    await clock.advance(99);
    expect(gate.begun).toHaveLength(1);
    queue.add('a');
    await clock.advance(0);
    expect(gate.begun).toHaveLength(2);
  });

  it('requeues after the time that the pass named, which replaces earlier dates', async () => {
    const at: number[] = [];
    const { clock, queue } = start(async () => {
      at.push(clock.now());
      return at.length < 4 ? { requeueAfterMs: 1_000 } : {};
    });
    queue.addAfter('a', 300);
    queue.addAfter('a', 5_000);
    queue.addAfter('a', 200);
    await clock.advance(500);
    queue.add('a');
    await clock.advance(10_000);
    expect(at).toEqual([200, 500, 1_500, 2_500]);
  });

  it('wakes nobody while there is nothing to do', async () => {
    const { clock, queue } = start(async () => ({}));
    queue.add('a');
    await clock.advance(0);
    await expect(clock.runUntil(() => false)).rejects.toThrow(/nothing in the simulation is waiting/);
  });

  it('forgets a key with its date and its failures', async () => {
    let tries = 0;
    const { clock, queue, failures } = start(async () => {
      tries += 1;
      throw new Error('no');
    });
    queue.add('a');
    await clock.advance(350);
    expect(tries).toBe(3);
    queue.forget('a');
    await clock.advance(10_000);
    expect(tries).toBe(3);
    queue.add('a');
    await clock.advance(0);
    expect(failures.at(-1)?.failures).toBe(1);
  });

  it('stops only when the passes under way have ended, and begins no other', async () => {
    const gate = gated();
    const { clock, queue, stop, stopped } = start(gate.work);
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 10);
    await clock.advance(0);
    let isStopped = false;
    void stopped.then(() => (isStopped = true));
    stop.abort();
    await clock.advance(1_000);
    expect(isStopped).toBe(false);
    gate.end('a', { requeueAfterMs: 10 });
    await stopped;
    queue.add('d');
    await clock.advance(1_000);
    expect(gate.begun).toEqual(['a']);
  });
});
