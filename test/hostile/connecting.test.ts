import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { RESOURCES } from '../../src/kube/resource.ts';
import { runWatcher } from '../../src/kube/watcher.ts';
import { connect } from './connect.ts';
import { ImpatientClock } from './impatient-clock.ts';
import { PATIENT } from './patience.ts';

const cleanups: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** Accepts connections and never says a word, so that TLS is never set up. */
async function muteServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    // Reading is what makes the end of the other side show.
    socket.resume();
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}`, sockets };
}

describe('a connection that is being made', () => {
  it('does not outlive a watcher that is stopped meanwhile', async () => {
    const { url, sockets } = await muteServer();
    const clock = new ImpatientClock();
    const { client, transport, records } = connect(url, clock);
    cleanups.push(() => transport.close());
    const stop = new AbortController();
    const options = { client, resource: RESOURCES.pods, clock, random: () => 0 };
    const running = runWatcher(options, () => {}, stop.signal);
    await expect.poll(() => sockets.size, PATIENT).toBe(1);
    stop.abort(new Error('stopped'));
    await running;
    await expect.poll(() => sockets.size, PATIENT).toBe(0);
    expect(clock.deadlines).toBe(0);
    expect(records).toMatchObject([{ verb: 'list', status: 0 }]);
  });
});
