import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../sim/virtual-clock.ts';
import type { Action } from '../core/decision.ts';
import { applyActions, type Applied } from './apply.ts';
import type { RecordedEvent } from './event-recorder.ts';
import { apiFailure, createPodAction, fakeLog, fakeView, fakeWriter, podOf, storedModel } from './fakes.ts';
import { ModelMemory } from './model-memory.ts';
import { NO_METER } from './ports/meter.ts';

const KEY = { namespace: 'vision', name: 'defects' };
const MARK: Action = { kind: 'MarkRevision', name: 'r1', resourceVersion: '7', annotations: {} };
const STATUS: Action = { kind: 'SetOwner', of: 'Pod', name: 'x', uid: 'u', owner: undefined };
const QUOTA = apiFailure('forbidden', {
  status: 403,
  reason: 'Forbidden',
  serverMessage: 'exceeded quota: edge',
});
const INVALID = apiFailure('invalid', {
  status: 422,
  reason: 'Invalid',
  serverMessage: 'spec.containers: bad',
});

let clock: VirtualClock;
let memory: ModelMemory;
let writer: ReturnType<typeof fakeWriter>;
let events: RecordedEvent[];
let stop: AbortController;

beforeEach(() => {
  clock = new VirtualClock();
  memory = new ModelMemory();
  writer = fakeWriter();
  events = [];
  stop = new AbortController();
});

function apply(...actions: readonly Action[]): Promise<Applied> {
  const options = {
    view: fakeView(storedModel('defects')),
    writer,
    events: { record: (event: RecordedEvent) => void events.push(event) },
    clock,
    meter: NO_METER,
  };
  return applyActions(options, KEY, actions, memory, fakeLog(), stop.signal);
}

function refuse(pods: Readonly<Record<string, Error>>): void {
  writer.before = (what) => {
    const error = pods[what.replace('CreatePod ', '')];
    if (error !== undefined) throw error;
  };
}

describe('the actions of a decision', () => {
  it('are carried out in their order', async () => {
    const event: Action = {
      kind: 'Event',
      regarding: { kind: 'EdgeModel', name: 'defects', uid: 'u' },
      type: 'Normal',
      reason: 'Promoted',
      note: 'all is well',
    };
    await apply(MARK, createPodAction('a'), STATUS, event);
    expect(writer.done).toEqual(['MarkRevision', 'CreatePod a', 'SetOwner']);
    expect(events).toMatchObject([{ subject: { kind: 'EdgeModel', namespace: 'vision', name: 'defects' } }]);
  });

  it('end with the first that fails', async () => {
    const conflict = apiFailure('conflict');
    writer.before = (what) => {
      if (what === 'MarkRevision') throw conflict;
    };
    await expect(apply(STATUS, MARK, createPodAction('a'))).rejects.toBe(conflict);
    expect(writer.done).toEqual(['SetOwner']);
  });

  it('end before the next one when leadership is lost in their middle', async () => {
    const lost = new Error('the lease is lost');
    writer.before = (what) => {
      if (what === 'CreatePod a') stop.abort(lost);
    };
    await expect(apply(MARK, createPodAction('a'), createPodAction('b'))).rejects.toBe(lost);
    expect(writer.done).toEqual(['MarkRevision', 'CreatePod a']);
  });

  it('count how often a pod was made again', async () => {
    const remake: Action = { kind: 'DeletePod', name: 'a', uid: 'u', node: 'n', remake: true };
    await apply(remake, { ...remake, name: 'b', remake: false });
    await clock.advance(5_000);
    await apply(remake);
    expect([...memory.remade]).toEqual([['a', { count: 2, at: clock.now() }]]);
  });
});

describe('a pod that the server refuses', () => {
  it('is written down in its words, and the others go on', async () => {
    refuse({ a: INVALID });
    const applied = await apply(createPodAction('a'), createPodAction('b', { variant: 'gpu' }), STATUS);
    expect(writer.done).toEqual(['CreatePod b', 'SetOwner']);
    expect([...memory.refusedPods]).toEqual([
      ['a', { code: 'Invalid', message: 'spec.containers: bad', at: clock.now(), count: 1 }],
    ]);
    expect(applied.refused).toBe(true);
  });

  it('speaks for the other pods of its variant, which are not tried in this pass', async () => {
    refuse({ a: INVALID, b: INVALID });
    const tried: string[] = [];
    const { before } = writer;
    writer.before = (what) => {
      tried.push(what);
      return before(what);
    };
    await apply(createPodAction('a'), createPodAction('b'), createPodAction('c', { variant: 'gpu' }));
    expect(tried).toEqual(['CreatePod a', 'CreatePod c']);
  });

  it('is tried again only after its backoff, which grows, and is news only once', async () => {
    refuse({ a: INVALID });
    await apply(createPodAction('a'));
    const early = await apply(createPodAction('a'));
    expect(early).toEqual({ refused: false, retryAt: clock.now() + 10_000 });
    expect(memory.refusedPods.get('a')?.count).toBe(1);
    await clock.advance(10_000);
    const due = await apply(createPodAction('a'));
    expect(due).toEqual({ refused: false, retryAt: clock.now() + 20_000 });
    expect(memory.refusedPods.get('a')?.count).toBe(2);
  });

  it('is forgotten when it is created', async () => {
    refuse({ a: INVALID });
    await apply(createPodAction('a'));
    await clock.advance(10_000);
    refuse({});
    expect(await apply(createPodAction('a'))).toEqual({ refused: false, retryAt: undefined });
    expect(memory.refusedPods.size).toBe(0);
  });
});

describe('a quota that is used up', () => {
  it('ends the creations of the pass, but not its other actions', async () => {
    refuse({ a: QUOTA });
    const applied = await apply(createPodAction('a'), createPodAction('b', { variant: 'gpu' }), STATUS);
    expect(writer.done).toEqual(['SetOwner']);
    expect(memory.refusedPods.get('a')).toMatchObject({
      code: 'QuotaExceeded',
      message: 'exceeded quota: edge',
    });
    expect(applied).toEqual({ refused: true, retryAt: clock.now() + 10_000 });
  });

  it('is asked again with one pod, less and less often, until a creation succeeds', async () => {
    refuse({ a: QUOTA, b: QUOTA });
    await apply(createPodAction('a'), createPodAction('b'));
    await clock.advance(9_000);
    await apply(createPodAction('a'), createPodAction('b'));
    expect(memory.refusedPods.has('b')).toBe(false);
    await clock.advance(1_000);
    const again = await apply(createPodAction('b'), createPodAction('a'));
    expect(again.retryAt).toBe(clock.now() + 20_000);
    await clock.advance(20_000);
    refuse({});
    await apply(createPodAction('a'), createPodAction('b'));
    expect(writer.done).toEqual(['CreatePod a', 'CreatePod b']);
    expect(memory.creationsHeld).toBe(0);
  });
});

describe('a pod whose name is taken', () => {
  beforeEach(() => {
    refuse({ a: apiFailure('alreadyExists', { reason: 'AlreadyExists' }) });
  });

  it('is ours already: seen', async () => {
    writer.existing = podOf('a');
    expect(await apply(createPodAction('a'), STATUS)).toEqual({ refused: false, retryAt: undefined });
    expect(writer.done).toEqual(['SetOwner']);
    expect(memory.refusedPods.size).toBe(0);
  });

  it.each([
    ['another owner', podOf('a', { owner: 'somebody' }), /belongs to EdgeModel defects \(uid somebody\)/],
    ['no owner', { ...podOf('a'), metadata: { name: 'a', namespace: 'vision' } }, /has no owner/],
    ['another revision', podOf('a', { revision: 'r0' }), /label outrigger.dev\/revision is r0 instead of r1/],
  ])('has %s: refused as a foreign pod', async (_, existing, sentence) => {
    writer.existing = existing;
    await apply(createPodAction('a'));
    const refusal = memory.refusedPods.get('a');
    expect(refusal?.code).toBe('ForeignPod');
    expect(refusal?.message).toMatch(sentence);
  });

  it.each([
    ['is terminating', { ...podOf('a'), metadata: { ...podOf('a').metadata, deletionTimestamp: 'x' } }],
    ['is gone again', undefined],
  ])('%s: waited for', async (_, existing) => {
    writer.existing = existing;
    const applied = await apply(createPodAction('a'));
    expect(applied).toEqual({ refused: false, retryAt: clock.now() + 2_000 });
    expect(memory.refusedPods.size).toBe(0);
  });
});

describe('a Service of the name of the model', () => {
  const service: Action = { kind: 'ApplyService', object: { ...storedModel('defects'), kind: 'Service' } };

  it('is applied where there is none', async () => {
    await apply(service);
    expect(writer.done).toEqual(['ApplyService']);
  });

  it('that somebody else made is not taken over, and shown to the next decision', async () => {
    writer.existingService = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'defects', namespace: 'vision' },
    };
    expect(await apply(service, STATUS)).toMatchObject({ refused: true });
    expect(writer.done).toEqual(['SetOwner']);
    expect(memory.foreignService?.object).toBe(writer.existingService);
  });
});
