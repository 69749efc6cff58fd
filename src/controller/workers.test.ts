import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Decision } from '../core/decision.ts';
import { nodeView } from '../core/views/node-view.ts';
import { podView } from '../core/views/pod-view.ts';
import { VirtualClock } from '../sim/virtual-clock.ts';
import {
  apiFailure,
  createPodAction,
  decision,
  FakeChanges,
  fakeLog,
  fakeView,
  fakeWriter,
  type LogLine,
  podOf,
  storedModel,
} from './fakes.ts';
import { NO_METER, type PassOutcome } from './ports/meter.ts';
import { DEBOUNCE_MS, Workers } from './workers.ts';

let clock: VirtualClock;
let changes: FakeChanges;
let writer: ReturnType<typeof fakeWriter>;
let log: LogLine[];
let outcomes: PassOutcome[];
let passes: { name: string; at: number }[];
let stop: AbortController;
let running: Promise<void>;
let workers: Workers;
let decide: (name: string, pass: number) => Decision;

beforeEach(() => {
  clock = new VirtualClock();
  changes = new FakeChanges();
  writer = fakeWriter();
  log = [];
  outcomes = [];
  passes = [];
  stop = new AbortController();
  decide = () => decision();
});

afterEach(async () => {
  stop.abort(new Error('over'));
  await running;
});

async function start(...names: readonly string[]): Promise<void> {
  const began = clock.now();
  workers = new Workers(
    {
      view: fakeView(...names.map((name) => storedModel(name))),
      changes,
      writer,
      clock,
      concurrency: 2,
      random: () => 0,
      decide: ({ name }) => {
        passes.push({ name, at: clock.now() - began });
        return decide(name, passes.filter((each) => each.name === name).length);
      },
      events: { record: () => {} },
      meter: { ...NO_METER, pass: (outcome) => void outcomes.push(outcome) },
      secrets: { read: () => Promise.reject(apiFailure('notFound')) },
      leases: { read: async () => undefined },
      metrics: { fetch: async () => ({ kind: 'samples', samples: [] }), describe: () => ({ query: 'q' }) },
      settings: { pauseImage: 'pause', prometheusAddress: undefined },
      entropy: () => 'entropy',
      log: fakeLog(log),
    },
    stop.signal,
  );
  running = workers.run();
  await clock.advance(10);
}

const of = (name: string): readonly number[] =>
  passes.filter((each) => each.name === name).map(({ at }) => at);
const touch = (name: string): void =>
  changes.tell({ kind: 'EdgeModel', old: undefined, new: storedModel(name) });

describe('the workers', () => {
  it('look at every model when they begin', async () => {
    await start('a', 'b', 'c');
    expect(passes.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('tell what they are at and since when, anew with each action', async () => {
    const began = clock.now();
    decide = () => decision({ actions: [createPodAction('a'), createPodAction('b')] });
    writer.before = (what) => clock.sleep(what === 'CreatePod a' ? 60_000 : 30_000);
    await start('defects');
    expect(workers.underWay).toEqual([{ key: 'vision/defects', step: 'Acting', since: began }]);
    await clock.advance(70_000);
    expect(workers.underWay).toEqual([{ key: 'vision/defects', step: 'Acting', since: began + 60_000 }]);
    await clock.advance(30_000);
    expect(workers.underWay).toEqual([]);
  });

  it('answer a burst of a thousand events with one pass', async () => {
    await start('defects');
    for (let index = 0; index < 1_000; index++) {
      changes.tell({ kind: 'Pod', old: undefined, new: podView(podOf(`pod-${index}`)) });
    }
    await clock.advance(1_000);
    expect(of('defects')).toEqual([0, 10 + DEBOUNCE_MS]);
  });

  it('sleep through heartbeats', async () => {
    await start('defects');
    const node = nodeView({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', uid: 'u' } });
    changes.tell({ kind: 'Node', old: node, new: { ...node } });
    await clock.advance(60_000);
    expect(of('defects')).toEqual([0]);
  });

  it('come again when the decision asks for it', async () => {
    decide = (_, pass) => decision({ requeueAt: pass === 1 ? clock.now() + 30_000 : undefined });
    await start('defects');
    await clock.advance(300_000);
    expect(of('defects')).toEqual([0, 30_000]);
  });

  it('go on with other models where a decision throws, and come back to it with backoff', async () => {
    decide = (name) => {
      if (name === 'broken') throw new Error('cannot read properties of undefined');
      return decision();
    };
    await start('broken', 'fine');
    touch('fine');
    await clock.advance(2_000);
    expect(of('fine')).toEqual([0, 10 + DEBOUNCE_MS]);
    expect(of('broken')).toEqual([0, 200, 600, 1_400]);
    const [error] = log.filter(({ level }) => level === 'error');
    expect(error).toMatchObject({
      message: 'a pass failed, trying again',
      fields: { name: 'broken', failures: 1 },
    });
    expect(outcomes).toContain('failed');
  });

  it('take a conflict as a reason to look again soon, and not as an error', async () => {
    decide = (_, pass) => decision({ actions: pass < 3 ? [createPodAction('a')] : [] });
    writer.before = () => {
      throw apiFailure('conflict');
    };
    await start('defects');
    await clock.advance(5_000);
    expect(of('defects')).toEqual([0, 200, 600]);
    expect(outcomes).toEqual(['conflict', 'conflict', 'done']);
    expect(log.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });

  it('keep the backoff of a failed pass though its own writes are told while it runs', async () => {
    decide = () => decision({ actions: [createPodAction('a')] });
    writer.before = () => {
      touch('defects');
      throw apiFailure('transient', { status: 500 });
    };
    await start('defects');
    await clock.advance(1_000);
    expect(of('defects')).toEqual([0, 200, 600]);
  });

  it('finish the action under way when they are stopped, and begin no other', async () => {
    const slow = Promise.withResolvers<void>();
    decide = () => decision({ actions: [createPodAction('a'), createPodAction('b')] });
    writer.before = () => slow.promise;
    await start('defects', 'other');
    stop.abort(new Error('the lease is lost'));
    const ended = vi.fn<() => void>();
    const end = running.finally(ended);
    await clock.advance(10);
    expect(ended).not.toHaveBeenCalled();
    slow.resolve();
    await end;
    expect(writer.done).toEqual(['CreatePod a', 'CreatePod a']);
    expect(outcomes).toEqual(['stopped', 'stopped']);
    expect(log.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });
});
