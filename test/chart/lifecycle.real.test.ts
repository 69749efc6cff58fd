import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, Site, startFleet } from '../operator/real-cluster.ts';
import { describeReal } from '../setup/describe-real.ts';
import { type Call, callsOf } from './least-privilege-audit.ts';
import { removeCrds } from './operator-pods-crds.ts';
import { startServers, type OperatorPod, type Servers } from './operator-pods.ts';
import { Release } from './operator-pods-release.ts';
import { Watched } from './lifecycle-watch.ts';

const NODES = 30;
const QUICKSTART = new URL('../../examples/quickstart/', import.meta.url).pathname;

describeReal('the life of a release', (real) => {
  let fleet: { stop(): Promise<void> };
  let servers: Servers;
  let release: Release;
  /** The quick start's own namespace. */
  let site: Site;

  beforeAll(async () => {
    await removeCrds(real());
    fleet = await startFleet(real(), NODES, { crds: false });
    servers = await startServers(real(), ['server-1', 'server-2']);
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    release = await Release.in(real(), await real().namespace(labels));
    site = new Site(real(), 'default');
  });

  afterAll(async () => {
    const ours = ['edgerollouts,edgemodels', '--all', '--namespace=default'];
    await release.kubectl(['delete', ...ours, '--ignore-not-found', '--timeout=30s']).catch(() => {});
    await release.uninstall().catch(() => {});
    await release.forget();
    await servers.stop();
    await removeCrds(real());
    await eventually(
      'the pods of the model are gone',
      () => site.pods(),
      (pods) => pods.length === 0,
    );
    await fleet.stop();
  }, 240_000);

  const values = (more = {}) => ({ prometheus: { address: real().prometheus }, ...more });
  const quickstart = (file: string) => release.kubectl(['apply', '-f', `${QUICKSTART}${file}.yaml`]);
  const untilReady = (seconds: number) =>
    release.kubectl(['wait', '--for=condition=Ready', 'em/defect-detector', `--timeout=${seconds}s`]);
  const calls = () => callsOf(real(), { namespace: release.namespace, name: 'outrigger' });

  /** The process that the Lease names: the name of its pod and a part of its own. */
  async function holder(): Promise<string> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${release.namespace}/leases/outrigger`;
    const { body } = await real().call('GET', path);
    return ((body['spec'] ?? {}) as { readonly holderIdentity?: string }).holderIdentity ?? '';
  }

  async function leader(): Promise<OperatorPod | undefined> {
    const identity = await holder();
    return servers.pods.find(({ name }) => identity.startsWith(`${name}_`));
  }

  /** Waits until one leads that is none of `others`. */
  async function nextLeader(others: readonly OperatorPod[] = []): Promise<OperatorPod> {
    const found = await eventually(
      'one leads',
      leader,
      (pod) => pod !== undefined && !others.some(({ name }) => name === pod.name),
      90_000,
    );
    if (found === undefined) throw new Error('nobody leads');
    return found;
  }

  /** As `kubectl rollout status`, and the processes of older pods have ended. */
  async function untilAvailable(): Promise<void> {
    const status = ['rollout', 'status', 'deployment/outrigger', `--namespace=${release.namespace}`];
    await release.kubectl([...status, '--timeout=120s']);
    await eventually(
      'two are Ready, and no other is left',
      async () => servers.pods.map(({ container }) => container.status.ready),
      (ready) => ready.length === 2 && ready.every(Boolean),
      120_000,
    );
  }

  function evict(pod: OperatorPod) {
    const path = `/api/v1/namespaces/${release.namespace}/pods/${pod.name}/eviction`;
    const metadata = { name: pod.name, namespace: release.namespace };
    return real().call('POST', path, { apiVersion: 'policy/v1', kind: 'Eviction', metadata });
  }

  it('begins with two Ready replicas on different servers, of which one leads', async () => {
    await release.install(values());
    await untilAvailable();
    expect(new Set(servers.pods.map(({ node }) => node)).size).toBe(2);
    expect(new Set(servers.pods.map(({ container }) => container.pid)).size).toBe(2);
    const first = await nextLeader();
    const leading = servers.pods.filter(({ container }) => container.log.includes('"msg":"leading"'));
    expect(leading.map(({ name }) => name)).toEqual([first.name]);
  }, 180_000);

  it('lets one of them be evicted and not the second', async () => {
    const first = await nextLeader();
    const second = servers.pods.find(({ name }) => name !== first.name);
    if (second === undefined) throw new Error('there are not two');
    const budget = `/apis/policy/v1/namespaces/${release.namespace}/poddisruptionbudgets/outrigger`;
    await eventually(
      'the budget allows one',
      async () => (await real().call('GET', budget)).body['status'],
      (status) => (status as { readonly disruptionsAllowed?: number } | undefined)?.disruptionsAllowed === 1,
    );
    const replies = [await evict(first), await evict(second)];
    expect(replies.map(({ status }) => status)).toEqual([201, 429]);
    expect(String(replies[1]?.body['message'])).toContain('disruption budget');
    await nextLeader([first]);
    await untilAvailable();
  }, 180_000);

  it('promotes through an upgrade in mid-wave and the sudden death of the leader', async () => {
    const from = Date.now();
    const marks: string[] = [];
    const mark = (what: string): void =>
      void marks.push(`${what} ${Math.round((Date.now() - from) / 1000)} s`);
    await quickstart('01-model');
    await quickstart('02-rollout');
    await untilReady(120);
    mark('first revision');
    expect(await site.versions()).toEqual({ '2.4.0': NODES });

    const watched = new Watched(site, '2.4.1');
    await quickstart('03-healthy');
    await eventually(
      'the canary wave is measured',
      () => site.rollout(),
      ({ status }) => status?.wave?.name === 'canary' && status.phase === 'Soaking',
      120_000,
    );
    mark('canaries measured');
    const before = [...servers.pods];
    await release.upgrade(values({ logLevel: 'debug' }));
    await untilAvailable();
    const upgraded = await nextLeader(before);
    expect(servers.pods.filter(({ name }) => before.some((each) => each.name === name))).toEqual([]);
    expect((await site.rollout()).status?.phase).not.toBe('Promoted');

    mark('upgraded');

    const killed = await holder();
    upgraded.container.kill('SIGKILL');
    // By the other replica, as a rule; the restarted one may be faster to see that the Lease has run out.
    await eventually(
      'another process leads',
      holder,
      (identity) => identity !== killed && identity !== '',
      90_000,
    );
    mark('taken over');
    await eventually(
      'the process that was killed is back',
      () => restarts(upgraded),
      (count) => count === 1,
    );
    await untilReady(240);
    mark('promoted');
    expect(await site.versions()).toEqual({ '2.4.1': NODES });
    expect(await watched.end()).toEqual({ doubles: [], back: [] });
    expect(madeTwice(await calls())).toEqual([]);
    process.stderr.write(`a release in mid-rollout: ${marks.join(', ')}\n`);
  }, 400_000);

  describe('when it is uninstalled', () => {
    let before: readonly string[];

    beforeAll(async () => {
      before = await serving();
      await release.uninstall();
      await eventually(
        'the operator has ended',
        async () => servers.pods.length,
        (count) => count === 0,
      );
    });

    it('leaves what serves, the CRDs and the objects, and nothing else', async () => {
      expect(before).toHaveLength(NODES);
      const left = await release.kubectl(['get', 'em,er,crd', '--namespace=default', '-o', 'name']);
      expect(left.split('\n')).toEqual(
        expect.arrayContaining([
          'edgemodel.outrigger.dev/defect-detector',
          'edgerollout.outrigger.dev/defect-detector',
          'customresourcedefinition.apiextensions.k8s.io/edgemodels.outrigger.dev',
          'customresourcedefinition.apiextensions.k8s.io/edgerollouts.outrigger.dev',
        ]),
      );
      const kinds = [
        'deployments,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings',
        'networkpolicies,poddisruptionbudgets,validatingadmissionpolicies,validatingadmissionpolicybindings',
      ].join(',');
      const selector = '--selector=app.kubernetes.io/instance=outrigger,app.kubernetes.io/name=outrigger';
      expect(await release.kubectl(['get', kinds, '--all-namespaces', selector, '-o', 'name'])).toBe('');
      expect(await serving()).toEqual(before);
    });

    it('takes up what is there when it is installed again, and disturbs nothing', async () => {
      const from = Date.now();
      await release.install(values());
      await untilAvailable();
      const { container } = await nextLeader();
      // The passes over every model that follow, and what they would write.
      await eventually(
        'it has looked at the model',
        async () => container.log,
        (log) => log.includes('"msg":"leading"'),
      );
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      expect(await serving()).toEqual(before);
      const writes = (await calls()).filter(
        ({ at, right }) => at >= from && !/^(get|list|watch) | leases\./.test(right),
      );
      expect(writes.map(({ right, uri }) => `${right}: ${uri}`)).toEqual([]);
    }, 180_000);
  });

  /** The uids of the Ready pods, in order. */
  async function serving(): Promise<readonly string[]> {
    const pods = await site.pods();
    return pods
      .filter(({ ready, deleting }) => ready && !deleting)
      .map(({ uid }) => uid)
      .toSorted();
  }

  /** As the API server tells. */
  async function restarts(pod: OperatorPod): Promise<number | undefined> {
    const { body } = await real().call('GET', `/api/v1/namespaces/${release.namespace}/pods/${pod.name}`);
    const { containerStatuses = [] } = (body['status'] ?? {}) as {
      readonly containerStatuses?: readonly { readonly restartCount: number }[];
    };
    return containerStatuses[0]?.restartCount;
  }
});

/** Names of pods that were created more than once. */
function madeTwice(calls: readonly Call[]): readonly string[] {
  const made = calls
    .filter(({ right, code, uri }) => right === 'create pods' && code === 201 && !uri.includes('dryRun'))
    .map(({ name }) => name);
  if (made.length < 2 * NODES || made.includes('')) throw new Error('the audit log names no pods');
  return made.filter((name, index) => made.indexOf(name) !== index);
}
