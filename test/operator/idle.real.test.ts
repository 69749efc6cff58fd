import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../setup/describe-real.ts';
import { model, rollout } from './manifests.ts';
import { OperatorProcess, Site, startFleet } from './real-cluster.ts';

const IDLE_MS = 60_000;

interface AuditEvent {
  readonly verb: string;
  readonly userAgent?: string;
  readonly requestReceivedTimestamp: string;
  readonly requestURI: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
}

/** The fleet's kubelets use the same client. */
const isKubelet = ({ objectRef: { resource, subresource, namespace } = {} }: AuditEvent): boolean =>
  (resource === 'leases' && namespace === 'kube-node-lease') ||
  (resource === 'nodes' && subresource === 'status') ||
  (resource === 'pods' && subresource === 'status');

describeReal('an idle operator on a real API server', (real) => {
  let fleet: { stop(): Promise<void> };
  let site: Site;
  let operator: OperatorProcess;

  beforeAll(async () => {
    site = new Site(real(), await real().namespace());
    fleet = await startFleet(real(), 6);
    operator = new OperatorProcess(real(), site.namespace, [
      '--leader-elect=true',
      '--leader-election-namespace',
      site.namespace,
    ]);
    await operator.untilLeading();
    await site.apply(rollout());
    await site.apply(model());
    await site.untilReady('1.0.0');
  }, 240_000);

  afterAll(async () => {
    await operator.end('SIGTERM');
    await fleet.stop();
  });

  it('makes no calls but its watches and its lease', async () => {
    // Events that are told with a delay, and the last status of the kubelets.
    await sleep(15_000);
    const from = Date.now();
    await sleep(IDLE_MS);
    const until = Date.now();
    // The log is written behind the answers.
    await sleep(2_000);

    const lines = (await readFile(real().auditLog, 'utf8')).split('\n').filter((line) => line !== '');
    const calls = lines
      .map((line) => JSON.parse(line) as AuditEvent)
      .filter(({ userAgent }) => userAgent === 'outrigger')
      .filter(({ requestReceivedTimestamp }) => {
        const at = Date.parse(requestReceivedTimestamp);
        return at >= from && at < until;
      });
    const own = calls.filter((call) => !isKubelet(call));
    const lease = own.filter(
      ({ objectRef }) => objectRef?.resource === 'leases' && objectRef.namespace === site.namespace,
    );
    const rest = own.filter((call) => !lease.includes(call) && call.verb !== 'watch');

    expect(rest.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
    // The count can see what it is to see: kubelets and the lease were there.
    expect(calls.filter(isKubelet).length).toBeGreaterThan(0);
    expect(lease.length).toBeGreaterThan(3);
    process.stderr.write(`idle for ${IDLE_MS / 1000} s: ${lease.length} calls for the lease, no other\n`);
  }, 150_000);
});
