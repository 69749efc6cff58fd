import { afterEach, describe, expect, it } from 'vitest';
import type { KubeObject, ObjectMeta } from '../../src/api/object-meta.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { Store } from '../../src/kube/store.ts';
import {
  runWatcher,
  type WatcherEvent,
  type WatcherOptions,
  type WatchFailure,
} from '../../src/kube/watcher.ts';
import { connect } from './connect.ts';
import { type Exchange, type HostileServer, startServer } from './hostile-server.ts';
import { ImpatientClock } from './impatient-clock.ts';
import { PATIENT } from './patience.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

type Step = (exchange: Exchange) => void;

interface SetUp {
  readonly server: HostileServer;
  readonly clock: ImpatientClock;
  readonly store: Store<{ readonly metadata: ObjectMeta }>;
  readonly failures: WatchFailure[];
  readonly handlerErrors: unknown[];
  readonly stop: () => Promise<void>;
  /** What the requests asked for: a list, or a watch from a version. */
  readonly asked: () => string[];
  readonly names: () => string;
}

/**
 * Runs a watcher over a real connection against a server that answers request after request with one step
 * each, and lets those that follow hang.
 */
async function setUp(steps: readonly Step[], options: Partial<WatcherOptions> = {}): Promise<SetUp> {
  const server: HostileServer = await startServer((exchange) =>
    steps[server.requests.length - 1]?.(exchange),
  );
  const clock = new ImpatientClock();
  const { client, transport } = connect(server.url, clock);
  const store = new Store({ project: ({ metadata }) => ({ metadata }) });
  const failures: WatchFailure[] = [];
  const handlerErrors: unknown[] = [];
  const controller = new AbortController();
  const handle = (event: WatcherEvent): void => store.handle(event);
  const running = runWatcher(
    {
      client,
      resource: RESOURCES.pods,
      clock,
      random: () => 0,
      onFailure: (failure) => void failures.push(failure),
      onHandlerError: (error) => void handlerErrors.push(error),
      ...options,
    },
    handle,
    controller.signal,
  );
  const stop = async (): Promise<void> => {
    controller.abort(new Error('stopped'));
    await running;
  };
  cleanups.push(
    () => server.close(),
    () => transport.close(),
    stop,
  );
  const asked = (): string[] =>
    server.requests.map(({ query }) =>
      query.has('watch')
        ? `watch ${query.get('resourceVersion')}`
        : `list ${query.get('continue') ?? ''}`.trim(),
    );
  const names = (): string =>
    store
      .list()
      .map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`)
      .join(' ');
  return { server, clock, store, failures, handlerErrors, stop, asked, names };
}

function pod(name: string, resourceVersion: string): KubeObject {
  const metadata = { name, namespace: 'vision', uid: `uid-${name}`, resourceVersion };
  return { apiVersion: 'v1', kind: 'Pod', metadata };
}

const list =
  (resourceVersion: string, items: readonly KubeObject[], token?: string): Step =>
  (exchange) =>
    exchange.json({ metadata: { resourceVersion, continue: token }, items });

const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;
const added = (name: string, version: string): string => line('ADDED', pod(name, version));
const stream =
  (...pieces: readonly (string | Uint8Array)[]): Step =>
  (exchange) =>
    exchange.write(...pieces);
/** A stream that the server ends in good order, some time later by the clock. */
const ended =
  (...pieces: readonly string[]): Step =>
  ({ response }) =>
    void response.end(pieces.join(''));
const hang: Step = () => {};
const refuse =
  (code: number, reason: string, headers?: Record<string, string>): Step =>
  (exchange) =>
    exchange.status(code, reason, headers);

/** Answers that are still under way; the pool may keep an idle connection beside them. */
function streaming({ requests }: HostileServer): number {
  return requests.filter(({ response }) => !response.closed).length;
}

describe('a watcher', () => {
  it('asks for pages, then watches with bookmarks and a time limit', async () => {
    const { server, asked, names } = await setUp([
      list('10', [pod('a', '1')], 't1'),
      list('10', [pod('b', '2')]),
      stream(added('c', '11')),
    ]);
    await expect.poll(names, PATIENT).toBe('a@1 b@2 c@11');
    expect(asked()).toEqual(['list', 'list t1', 'watch 10']);
    expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual({ limit: '500' });
    expect(Object.fromEntries(server.requests[2]?.query ?? [])).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '10',
      timeoutSeconds: '300',
    });
  });

  it('goes on at a bookmark after the server ended the stream', async () => {
    const { asked, failures } = await setUp([
      list('10', []),
      ended(line('BOOKMARK', { metadata: { resourceVersion: '77' } })),
    ]);
    await expect.poll(asked, PATIENT).toEqual(['list', 'watch 10', 'watch 77']);
    expect(failures).toEqual([]);
  });

  it.each<[string, Step, string]>([
    ['a line is cut short', ended(added('b', '11'), '{"type":"ADDED","obj'), 'StreamBroken'],
    ['a line is garbage', stream(added('b', '11'), 'garbage\n'), 'StreamBroken'],
    ['an event is none', stream(added('b', '11'), '{"type":"ADDED"}\n'), 'StreamBroken'],
    [
      'the server reports a failure in the stream',
      stream(added('b', '11'), line('ERROR', { code: 500, reason: 'Etcd' })),
      'Etcd',
    ],
  ])('goes on where it was when %s', async (_, step, reason) => {
    const { asked, names, failures, server } = await setUp([
      list('10', [pod('a', '1')]),
      step,
      stream(added('c', '12')),
    ]);
    await expect.poll(names, PATIENT).toBe('a@1 b@11 c@12');
    expect(asked()).toEqual(['list', 'watch 10', 'watch 11']);
    expect(failures).toMatchObject([{ next: 'InitListed', failures: 1, delayMs: 500, error: { reason } }]);
    await expect.poll(() => streaming(server), PATIENT).toBe(1);
  });

  it('goes on where it was when the connection is reset in mid-stream', async () => {
    const steps = [
      list('10', [pod('a', '1')]),
      stream(added('b', '11'), '{"type":'),
      stream(added('c', '12')),
    ];
    const { asked, names, failures, server } = await setUp(steps);
    await expect.poll(names, PATIENT).toBe('a@1 b@11');
    server.requests[1]?.socket.resetAndDestroy();
    await expect.poll(names, PATIENT).toBe('a@1 b@11 c@12');
    expect(asked()).toEqual(['list', 'watch 10', 'watch 11']);
    expect(failures).toMatchObject([{ next: 'InitListed', failures: 1, error: { reason: 'StreamBroken' } }]);
  });

  it.each<[string, Step]>([
    ['as a status', refuse(410, 'Expired')],
    ['in the stream', stream(line('ERROR', { code: 410, reason: 'Expired' }))],
  ])('lists anew after a 410 %s, and sees what was deleted meanwhile', async (_, step) => {
    const { asked, names, server } = await setUp([
      list('10', [pod('a', '1'), pod('b', '2')]),
      step,
      list('20', [pod('a', '1')]),
      stream(added('c', '21')),
    ]);
    await expect.poll(names, PATIENT).toBe('a@1 c@21');
    expect(asked()).toEqual(['list', 'watch 10', 'list', 'watch 20']);
    await expect.poll(() => streaming(server), PATIENT).toBe(1);
  });

  it('begins the list again where its token expires in the middle', async () => {
    const { asked, names } = await setUp([
      list('10', [pod('gone', '1')], 't1'),
      refuse(410, 'Expired'),
      list('20', [pod('a', '12')], 't2'),
      list('20', [pod('b', '13')]),
    ]);
    await expect.poll(names, PATIENT).toBe('a@12 b@13');
    expect(asked().slice(0, 4)).toEqual(['list', 'list t1', 'list', 'list t2']);
  });

  it('waits as long as a throttling server asks, and longer each time a broken one fails', async () => {
    const { asked, failures } = await setUp([
      list('10', []),
      refuse(429, 'TooManyRequests', { 'retry-after': '17' }),
      refuse(500, 'InternalError'),
      refuse(503, 'ServiceUnavailable'),
      stream(added('a', '11')),
    ]);
    await expect.poll(asked, PATIENT).toHaveLength(5);
    expect(failures.map(({ delayMs }) => delayMs)).toEqual([17_000, 1_000, 2_000]);
    expect(asked().at(-1)).toBe('watch 10');
  });

  it('goes on after its credentials were refused', async () => {
    const { asked, names, failures } = await setUp([
      list('10', []),
      refuse(401, 'Unauthorized'),
      stream(added('a', '11')),
    ]);
    await expect.poll(names, PATIENT).toBe('a@11');
    expect(asked()).toEqual(['list', 'watch 10', 'watch 10']);
    expect(failures).toMatchObject([{ error: { code: 'unauthorized' } }]);
  });

  it('lists anew when a version is refused again and again', async () => {
    const refusals = Array.from({ length: 5 }, () => refuse(504, 'Timeout'));
    const { asked } = await setUp([list('10', []), ...refusals, list('3', [])]);
    await expect.poll(asked, PATIENT).toHaveLength(8);
    expect(asked().slice(-2)).toEqual(['list', 'watch 3']);
  });

  it('does not run in circles when every stream ends at once', async () => {
    const { asked, failures } = await setUp([list('10', []), ended(), ended(), ended()]);
    await expect.poll(asked, PATIENT).toHaveLength(5);
    expect(failures.map(({ delayMs, error }) => [delayMs, error])).toEqual([
      [500, undefined],
      [1_000, undefined],
      [2_000, undefined],
    ]);
  });

  it('notices a stream that went silent past its end', async () => {
    const { asked, clock, failures, server, names } = await setUp([list('10', []), stream(added('a', '11'))]);
    await expect.poll(names, PATIENT).toBe('a@11');
    await expect.poll(() => clock.deadlines, PATIENT).toBe(1);
    clock.expire();
    await expect.poll(asked, PATIENT).toEqual(['list', 'watch 10', 'watch 11']);
    expect(failures).toMatchObject([{ failures: 1, error: { reason: 'SilentStream' } }]);
    await expect.poll(() => streaming(server), PATIENT).toBe(1);
  });

  it('lists anew when a resync is due, which the watch is cut to', async () => {
    const { asked, clock, server } = await setUp(
      [
        list('10', []),
        (exchange) => (clock.pass(120_000), ended(added('a', '11'))(exchange)),
        list('20', []),
      ],
      { resyncMs: 120_000 },
    );
    await expect.poll(asked, PATIENT).toEqual(['list', 'watch 10', 'list', 'watch 20']);
    expect(server.requests[1]?.query.get('timeoutSeconds')).toBe('120');
  });

  it('is not harmed by characters, and a byte order mark, that arrive in pieces', async () => {
    const bytes = Buffer.from(`\uFEFF${added('käse-😀', '11')}`);
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
    const { names } = await setUp([list('10', []), stream(...pieces)]);
    await expect.poll(names, PATIENT).toBe('käse-😀@11');
  });

  it('takes objects of many kilobytes, and keeps nothing of their managed fields', async () => {
    const big = { ...pod('big', '11'), data: 'x'.repeat(300_000) };
    Object.assign(big.metadata, { managedFields: [{ manager: 'kubelet' }] });
    const { store, names } = await setUp([list('10', []), stream(line('ADDED', big))]);
    await expect.poll(names, PATIENT).toBe('big@11');
    expect(store.list()[0]).toEqual({ metadata: pod('big', '11').metadata });
  });
});

describe('a handler that throws', () => {
  it('is reported, and the next event is told', async () => {
    const { store, handlerErrors, names } = await setUp([
      list('10', [pod('a', '1')]),
      stream(line('ADDED', { metadata: { name: 'no-version' } }), added('b', '11')),
    ]);
    const handle = store.handle.bind(store);
    store.handle = (event) => {
      if (event.type === 'apply' && event.object.metadata.name === 'no-version')
        throw new Error('broken handler');
      handle(event);
    };
    await expect.poll(names, PATIENT).toBe('a@1 b@11');
    expect(handlerErrors).toMatchObject([{ message: 'broken handler' }]);
  });
});

describe('stop', () => {
  it.each<[string, readonly Step[], number]>([
    ['while the list is not answered', [hang], 1],
    ['in the middle of a page', [stream('{"items":[')], 1],
    ['between pages', [list('10', [], 't1'), hang], 2],
    ['while the watch is not answered', [list('10', []), hang], 2],
    ['while watching', [list('10', []), stream(added('a', '11'))], 2],
    ['in the middle of a line', [list('10', []), stream('{"type":')], 2],
  ])('%s leaves no connection, no timer and no later request', async (_, steps, requests) => {
    const { server, clock, stop } = await setUp(steps);
    await expect.poll(() => server.requests.length, PATIENT).toBe(requests);
    await stop();
    expect(clock.deadlines).toBe(0);
    await expect.poll(() => server.requests.at(-1)?.socket.destroyed, PATIENT).toBe(true);
    expect(server.requests).toHaveLength(requests);
  });

  it('while waiting to try again ends at once', async () => {
    const { server, clock, stop } = await setUp([
      list('10', []),
      refuse(429, 'Slow', { 'retry-after': '3600' }),
    ]);
    await expect.poll(() => server.requests.length, PATIENT).toBe(2);
    await expect.poll(() => clock.deadlines, PATIENT).toBe(1);
    await stop();
    expect(clock.deadlines).toBe(0);
    expect(server.requests).toHaveLength(2);
  });
});
