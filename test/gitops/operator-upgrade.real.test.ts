import { afterAll, beforeAll, expect, it } from 'vitest';
import { DECISION, LABEL } from '../../src/api/names.ts';
import { eventually, OperatorProcess, type Program, Site, startFleet } from '../operator/real-cluster.ts';
import { describeReal } from '../setup/describe-real.ts';
import { Kubectl } from './kubectl.ts';
import { quickRollout, smallModel } from './manifests.ts';

const NODES = 6;
const LEASE = 'outrigger-upgrade';
const NAME = 'upgraded';

/** The src/main.ts of another version, to go from that one to this; otherwise both are this one. */
const FORMER = process.env['OUTRIGGER_FORMER_MAIN'];
const former: Program | undefined =
  FORMER === undefined ? undefined : { command: [process.execPath, FORMER] };

interface Lease {
  readonly spec?: { readonly holderIdentity?: string; readonly leaseTransitions?: number };
}

const untilLog = (operator: OperatorProcess, text: string): Promise<string> =>
  eventually(
    `the log says ${text}`,
    async () => operator.log,
    (log) => log.includes(text),
  );

describeReal('an upgrade of the operator in mid-rollout', (real) => {
  let fleet: { stop(): Promise<void> };
  let site: Site;
  let kubectl: Kubectl;
  const operators: OperatorProcess[] = [];

  beforeAll(async () => {
    site = new Site(real(), await real().namespace());
    kubectl = new Kubectl(real(), site.namespace);
    fleet = await startFleet(real(), NODES);
  });

  afterAll(async () => {
    for (const operator of operators) await operator.end('SIGTERM');
    await fleet.stop();
  });

  function start(program?: Program): OperatorProcess {
    const flags = [
      '--leader-elect',
      '--leader-election-namespace',
      site.namespace,
      '--leader-election-id',
      LEASE,
    ];
    const operator = new OperatorProcess(real(), site.namespace, flags, program);
    operators.push(operator);
    return operator;
  }

  async function revisions(): Promise<readonly string[]> {
    const names = await kubectl.run([
      'get',
      'controllerrevisions',
      '-l',
      `${LABEL.model}=${NAME}`,
      '-o',
      'name',
    ]);
    return names.trim().split('\n').toSorted();
  }

  /** Those that serve a version, on which an upgrade must leave no trace. */
  const uids = async (version: string): Promise<readonly string[]> =>
    (await site.pods(NAME))
      .filter((pod) => pod.version === version && !pod.deleting)
      .map(({ uid }) => uid)
      .toSorted();

  async function approve(name: string): Promise<void> {
    const { candidate } = (await site.rollout(NAME)).status ?? {};
    const value = `${candidate?.revision}.${candidate?.attempt}/${name}`;
    await kubectl.run(['annotate', '--overwrite', `er/${NAME}`, `${DECISION.approve}=${value}`]);
  }

  const wave = async (): Promise<string | undefined> => (await site.rollout(NAME)).status?.wave?.name;

  it('hands over: the next one waits for the lease, goes on in the same wave, and makes no new revision', async () => {
    // A person at each gate, so that nothing goes on while operators come and go.
    const waves = [
      { name: 'canary', nodes: 1, soak: '5s' },
      { name: 'half', nodes: '50%', soak: '5s', approval: 'Required' },
      { name: 'all', nodes: '100%', approval: 'Required' },
    ] as const;
    const holders = new Set<string>();
    const doubles: string[] = [];
    const over = new AbortController();
    const watch = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const lease = JSON.parse(
          (await kubectl.try(['get', 'lease', LEASE, '-o', 'json'])).stdout || '{}',
        ) as Lease;
        if (lease.spec?.holderIdentity) holders.add(lease.spec.holderIdentity);
        const seen = new Set<string>();
        for (const { node, revision, role, deleting } of await site.pods(NAME)) {
          if (role !== 'serve' || deleting) continue;
          if (seen.has(`${node}/${revision}`)) doubles.push(`${node} ${revision}`);
          seen.add(`${node}/${revision}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    };

    const old = start(former);
    await old.untilLeading();
    await kubectl.apply([quickRollout(NAME, { waves }), smallModel(NAME)]);
    await kubectl.run(['wait', '--for=condition=Ready', `em/${NAME}`, '--timeout=90s']);
    const watched = watch();
    await kubectl.apply([smallModel(NAME, { version: '1.1.0' })]);
    await site.untilPhase('AwaitingApproval', NAME);
    const before = { revisions: await revisions(), canary: await uids('1.1.0'), stable: await uids('1.0.0') };
    expect(before.revisions).toHaveLength(2);

    // As a Deployment does: the new one comes up beside the old, which goes only then.
    const next = start();
    await untilLog(next, 'another process leads');
    expect(next.log).not.toContain('"leading"');
    await old.end('SIGTERM');
    await next.untilLeading();
    expect(await wave()).toBe('canary');
    expect({
      revisions: await revisions(),
      canary: await uids('1.1.0'),
      stable: await uids('1.0.0'),
    }).toEqual(before);

    await approve('half');
    await eventually(
      'the second wave is through',
      () => site.rollout(NAME),
      ({ status }) => status?.wave?.name === 'half' && status.phase === 'AwaitingApproval',
    );
    // Back again, and this time nobody gives the lease back.
    const again = start(former);
    await untilLog(again, 'another process leads');
    await next.end('SIGKILL');
    await again.untilLeading();
    const last = start();
    await untilLog(last, 'another process leads');
    await again.end('SIGTERM');
    await last.untilLeading();

    await approve('all');
    await kubectl.run(['wait', '--for=condition=Ready', `em/${NAME}`, '--timeout=120s']);
    await eventually(
      'all serve',
      () => site.versions(NAME),
      (found) => found['1.1.0'] === NODES && found['1.0.0'] === undefined,
    );
    over.abort();
    await watched;
    expect(await revisions()).toEqual(before.revisions);
    expect(await uids('1.1.0')).toEqual(expect.arrayContaining([...before.canary]));
    expect(doubles).toEqual([]);
    // Four processes led, one after the other.
    expect(holders.size).toBe(4);
    const lease = JSON.parse(await kubectl.run(['get', 'lease', LEASE, '-o', 'json'])) as Lease;
    expect(lease.spec?.leaseTransitions).toBe(3);
    expect((await site.rollout(NAME)).status?.rejected ?? []).toEqual([]);
  }, 300_000);
});
