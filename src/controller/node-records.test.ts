import { beforeEach, describe, expect, it } from 'vitest';
import type { LeaseRead } from '../core/node/lease-reading.ts';
import { nodeOf } from '../core/fixtures/objects.ts';
import { VirtualClock } from '../sim/virtual-clock.ts';
import { apiFailure, fakeLog, fakeView, type LogLine } from './fakes.ts';
import { NodeRecords } from './node-records.ts';

const FORBIDDEN = { status: 403, reason: 'Forbidden', serverMessage: 'leases is forbidden' };

let clock: VirtualClock;
let lines: LogLine[];
let reads: string[];
let atOnce: number;
let most: number;
let answer: (node: string) => LeaseRead | undefined | Error;
let records: NodeRecords;

beforeEach(() => {
  clock = new VirtualClock();
  lines = [];
  reads = [];
  atOnce = 0;
  most = 0;
  answer = () => ({ renewTime: 'a', durationMs: 40_000, age: 3_000 });
  records = start();
});

function start(...nodes: readonly ReturnType<typeof nodeOf>[]): NodeRecords {
  const view = fakeView();
  view.storedNodes.push(...nodes);
  const leases = {
    read: async (node: string) => {
      reads.push(node);
      most = Math.max(most, ++atOnce);
      await Promise.resolve();
      atOnce--;
      const said = answer(node);
      if (said instanceof Error) throw said;
      return said;
    },
  };
  return new NodeRecords({ view, leases, clock });
}

const ask = (...nodes: readonly string[]) => records.ask(nodes, fakeLog(lines));
const leaseOf = (node: string) => records.all.get(node)?.lease;
const messages = () => lines.map(({ message }) => message);

describe('asking for Leases', () => {
  it('asks for each node, a few at a time', async () => {
    const nodes = Array.from({ length: 30 }, (_, index) => `edge-${index}`);
    await ask(...nodes);
    expect(reads).toEqual(nodes);
    expect(most).toBe(8);
    expect(leaseOf('edge-29')).toMatchObject({ kind: 'Read', renewedAt: clock.now() - 3_000 });
  });

  it('goes by the conditions alone where a node has no Lease, and says so once', async () => {
    answer = () => undefined;
    await ask('edge-1', 'edge-2');
    expect(leaseOf('edge-2')).toEqual({ kind: 'Absent', askedAt: clock.now() });
    expect(messages()).toEqual(['a node has no Lease and is judged by its conditions alone']);
  });

  it('stops asking for ten minutes where the right is missing, says so once, and asks again then', async () => {
    answer = () => apiFailure('forbidden', FORBIDDEN);
    await ask('edge-1');
    await ask('edge-2', 'edge-3');
    expect(reads).toEqual(['edge-1']);
    expect(leaseOf('edge-3')?.kind).toBe('Absent');
    await clock.advance(600_000);
    await ask('edge-1');
    expect(reads).toHaveLength(2);
    expect(lines).toEqual([
      {
        level: 'warn',
        fields: { error: 'leases is forbidden' },
        message: 'Leases of nodes may not be read: all nodes are judged by their conditions alone',
      },
    ]);
  });

  it('takes what was not answered for neither silent nor there', async () => {
    answer = () => apiFailure('transient', { status: 500 });
    await ask('edge-1');
    expect(leaseOf('edge-1')).toMatchObject({ kind: 'Unanswered', tries: 1 });
    expect(messages()).toEqual(['the Lease of a node could not be read, trying again']);
  });

  it('fails by a fault that is ours', async () => {
    answer = () => new TypeError('no');
    await expect(ask('edge-1')).rejects.toThrow('no');
  });
});

describe('what the watch tells', () => {
  const up = nodeOf('edge-1');
  const dark = nodeOf('edge-1', { ready: 'Unknown' });

  it('is noted by our clock', async () => {
    records.noticed({ kind: 'Node', old: up, new: dark });
    const darkAt = clock.now();
    await clock.advance(60_000);
    records.noticed({ kind: 'Node', old: dark, new: up });
    expect(records.all.get('edge-1')).toEqual({ outages: [darkAt], backAt: clock.now(), lease: undefined });
  });

  it('is nothing where Ready stays as it is, or another Node has taken the name', () => {
    records.noticed({ kind: 'Node', old: up, new: { ...up, labels: {} } });
    records.noticed({ kind: 'Node', old: up, new: { ...dark, uid: 'another' } });
    records.noticed({ kind: 'Node', old: undefined, new: up });
    expect(records.all.size).toBe(0);
  });

  it('is forgotten with the Node, and after an hour', async () => {
    records.noticed({ kind: 'Node', old: up, new: dark });
    records.noticed({ kind: 'Node', old: dark, new: undefined });
    expect(records.all.size).toBe(0);
    records.noticed({ kind: 'Node', old: up, new: dark });
    await clock.advance(3_700_000);
    records.noticed({ kind: 'Node', old: nodeOf('edge-2'), new: nodeOf('edge-2', { ready: 'Unknown' }) });
    expect([...records.all.keys()]).toEqual(['edge-2']);
  });
});

it('a node that is Ready since a time to come counts from now', () => {
  const ahead = nodeOf('edge-1', { readySince: clock.now() + 3_600_000 });
  records = start(ahead, nodeOf('edge-2', { readySince: clock.now() - 1_000 }));
  expect([...records.all]).toEqual([['edge-1', { outages: [], backAt: clock.now(), lease: undefined }]]);
});
