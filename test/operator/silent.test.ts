import { afterEach, describe, expect, it } from 'vitest';
import { type LogLine, fakeLog } from '../../src/controller/fakes.ts';
import { forbidden, notFound } from '../../src/sim/api-server/api-status.ts';
import type { ApiStatus } from '../../src/sim/api-server/api-status.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { type Lab, startLab } from './harness.ts';
import { model, rollout } from './manifests.ts';
import { isReady } from './state.ts';

let lab: Lab;
let lines: LogLine[];

afterEach(() => lab.stop());

const HOUR = 60 * 60_000;
/** Each version is a matter of seconds: the judge is not asked. */
const BY_READINESS = { updateStrategy: 'Replace', updatePolicy: 'Rolling' } as const;

async function installed(count: number): Promise<readonly string[]> {
  lines = [];
  const nodes = edgeNodes(count, ['orin']);
  lab = await startLab({ nodes, log: fakeLog(lines) });
  // Two samples of 10 s: a node is steady after 20 s.
  await lab.apply(rollout({ limits: { minReachable: '60%', maxUnavailable: 1, maxPrefetching: 10 } }));
  await lab.apply(model({ spec: BY_READINESS }));
  await lab.untilReady('1.0.0');
  await lab.run(360);
  return nodes.map(({ name }) => name);
}

async function release(version: string): Promise<void> {
  await lab.apply(model({ version, spec: BY_READINESS }));
}

const node = (name: string) => lab.simulation.fleet.node(name);

async function exceptionOf(name: string): Promise<string | undefined> {
  return (await lab.model()).status?.exceptions?.find((each) => each.node === name)?.reason;
}

async function podsOf(name: string): Promise<readonly string[]> {
  const { pods } = await lab.state();
  return pods.filter((pod) => pod.node === name).map((pod) => `${pod.role} ${pod.version}`);
}

const told = (message: RegExp): readonly LogLine[] => lines.filter((line) => message.test(line.message));

/** What the operator's GETs of Leases of nodes get; kubelets write theirs without reading them. */
function leasesAnswer(fault: (name: string) => ApiStatus): { asked: string[] } {
  const asked: string[] = [];
  lab.simulation.apiServer.intercept({
    before: ({ method, path }) => {
      const name = /kube-node-lease\/leases\/(.+)$/.exec(path)?.[1];
      if (method !== 'GET' || name === undefined) return 'pass';
      asked.push(name);
      return { status: fault(name) };
    },
  });
  return { asked };
}

describe('a node that is dark and still Ready', () => {
  it('keeps what it serves while others take its turn, says so, and catches up when it is back', async () => {
    const names = await installed(4);
    const [silent = ''] = names;
    node(silent).cutOff();
    await lab.run(28);
    await release('1.1.0');
    await lab.run(15);
    const { nodes } = await lab.state();
    expect(isReady(nodes.get(silent))).toBe(true);
    expect(await exceptionOf(silent)).toBe('NodeSilent');
    expect((await lab.model()).status?.nodes?.offline).toBe(1);
    expect(await podsOf(silent)).toEqual(['serve 1.0.0']);
    expect((await lab.versions())['1.1.0']).toBeGreaterThan(0);
    await lab.run(20);
    expect(await exceptionOf(silent)).toBe('Offline');
    await lab.untilReady('1.1.0');
    expect(await podsOf(silent)).toEqual(['serve 1.0.0']);
    node(silent).reconnect();
    await lab.until('all have it', async () => (await lab.versions())['1.1.0'] === 4, 120);
  });

  it('is asked for a few times only, and nobody is when there is nothing to do', async () => {
    const names = await installed(4);
    const [silent = ''] = names;
    const asked: string[] = [];
    lab.simulation.apiServer.intercept({
      before: ({ method, path }) => {
        const name = /kube-node-lease\/leases\/(.+)$/.exec(path)?.[1];
        if (method === 'GET' && name !== undefined) asked.push(name);
        return 'pass';
      },
    });
    await lab.run(300);
    expect(asked).toEqual([]);
    node(silent).cutOff();
    await lab.run(28);
    await release('1.1.0');
    await lab.untilReady('1.1.0');
    const of = (name: string) => asked.filter((each) => each === name).length;
    expect(of(silent)).toBeGreaterThanOrEqual(1);
    expect(of(silent)).toBeLessThanOrEqual(4);
    // Before it fetches and before it switches; once more where its next renewal was about to come.
    for (const name of names.slice(1)) {
      expect(of(name)).toBeGreaterThanOrEqual(1);
      expect(of(name)).toBeLessThanOrEqual(6);
    }
  });
});

describe('a node that is dark for 40 s of each 80 s, which the node controller never notices', () => {
  it('is never touched while it is silent', async () => {
    const names = await installed(3);
    const [flaps = ''] = names;
    const touched: number[] = [];
    let cutAt = Number.POSITIVE_INFINITY;
    lab.simulation.apiServer.intercept({
      before: ({ method, path, body, query }) => {
        if (query?.['dryRun'] !== undefined) return 'pass';
        const makes = method === 'POST' && JSON.stringify(body ?? {}).includes(`"${flaps}"`);
        const deletes = method === 'DELETE' && uids.has(path.split('/').at(-1) ?? '');
        if (/\/pods/.test(path) && !path.includes('binding') && (makes || deletes))
          touched.push(lab.now() - cutAt);
        return 'pass';
      },
    });
    const uids = new Set<string>();
    for (let times = 0; times < 12; times++) {
      for (const pod of (await lab.state()).pods) if (pod.node === flaps) uids.add(pod.name);
      node(flaps).cutOff();
      cutAt = lab.now();
      // Each time at another moment of the darkness.
      await lab.run(3 * times);
      await release(`1.${times + 1}.0`);
      await lab.run(40 - 3 * times);
      node(flaps).reconnect();
      cutAt = Number.POSITIVE_INFINITY;
      await lab.run(40);
    }
    expect(isReady((await lab.state()).nodes.get(flaps))).toBe(true);
    // A renewal is overdue after 12 s; until then nobody can know. Whole seconds on both sides.
    expect(touched.filter((after) => after > 13_000)).toEqual([]);
    await lab.run(60);
    await lab.until('it has the newest', async () => (await lab.versions())['1.12.0'] === 3, 600);
  });
});

describe('a node whose clock is off by an hour', () => {
  it.each([{ ahead: HOUR }, { ahead: -HOUR }])(
    'by $ahead ms: is updated while it is there, and not while it is silent',
    async ({ ahead }) => {
      const names = await installed(3);
      const [off = ''] = names;
      node(off).clockAhead = ahead;
      await lab.run(30);
      await release('1.1.0');
      await lab.untilReady('1.1.0', undefined, 200);
      await lab.until('all have it', async () => (await lab.versions())['1.1.0'] === 3, 60);
      node(off).cutOff();
      await lab.run(28);
      await release('1.2.0');
      await lab.run(15);
      expect(await exceptionOf(off)).toBe('NodeSilent');
      expect(await podsOf(off)).toEqual(['serve 1.1.0']);
      await lab.run(60);
      node(off).reconnect();
      // Ready since a time that is not ours: what counts is when it was seen to come back.
      await lab.run(5);
      expect(await podsOf(off)).toEqual(['serve 1.1.0']);
      await lab.until('it has it too', async () => (await lab.versions())['1.2.0'] === 3, 120);
    },
  );
});

describe('where Leases cannot be read', () => {
  it.each([
    {
      what: 'the right is missing',
      fault: (name: string) => forbidden(RESOURCES.leases, name, 'no rule allows it'),
      line: /may not be read/,
      calls: 1,
    },
    {
      what: 'there are none',
      fault: (name: string) => notFound(RESOURCES.leases, name),
      line: /has no Lease/,
      calls: 4,
    },
  ])('because $what, goes on by the conditions alone and says so once', async ({ fault, line, calls }) => {
    await installed(4);
    const { asked } = leasesAnswer(fault);
    await release('1.1.0');
    await lab.untilReady('1.1.0');
    expect(await lab.versions()).toEqual({ '1.1.0': 4 });
    expect(told(line)).toHaveLength(1);
    expect(asked.length).toBeLessThanOrEqual(calls + 3);
  });
});
