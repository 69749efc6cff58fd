import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startFleet } from '../operator/real-cluster.ts';
import { describeReal } from '../setup/describe-real.ts';
import {
  FOR_THE_LEASE,
  IN_NAMESPACES,
  NODE_LEASES,
  ON_NODES,
  TO_NODE_LEASES,
  TO_SECRETS,
  TO_THE_LEASE,
  UNSEEN,
} from './least-privilege-allowed.ts';
import { callsOf } from './least-privilege-audit.ts';
import { TokenClient, tokenOf } from './least-privilege-client.ts';
import { Life, SECRET, TOKEN } from './least-privilege-life.ts';
import { guardPrometheus, type GuardedPrometheus } from './least-privilege-prometheus.ts';
import { type Places, REFUSED, REFUSED_ELSEWHERE } from './least-privilege-refused.ts';
import { namedRights, Reviews } from './least-privilege-reviews.ts';
import { removeCrds } from './operator-pods-crds.ts';
import { startServers, type Servers } from './operator-pods.ts';
import { Release } from './operator-pods-release.ts';

type Values = Readonly<Record<string, unknown>>;

/** One release, and what it may do as the API server sees it. */
interface Subject {
  readonly places: Places;
  readonly release: Release;
  readonly life: Life;
  /** With the token of the operator's ServiceAccount. */
  readonly bearer: TokenClient;
  /** By namespace, '' for the cluster; asked for while the operator is at work. */
  readonly allowed: Promise<ReadonlyMap<string, readonly string[]>>;
}

describeReal('least privilege', (real) => {
  let fleet: { stop(): Promise<void> };
  let servers: Servers;
  let prometheus: GuardedPrometheus;
  let admin: TokenClient;

  beforeAll(async () => {
    fleet = await startFleet(real(), 6);
    servers = await startServers(real(), ['server-1', 'server-2']);
    prometheus = await guardPrometheus(real().prometheus, TOKEN);
    admin = new TokenClient(real(), real().token);
  });

  afterAll(async () => {
    admin.close();
    await servers.stop();
    await prometheus.close();
    // They stay behind a release and would belong to it, in the way of the next one.
    await removeCrds(real());
    await fleet.stop();
  });

  async function install(places: Places, values: Values): Promise<Subject> {
    const release = await Release.in(real(), places.system);
    const life = new Life(real(), places.vision, prometheus);
    await life.secrets();
    // Other tests may have left the CRDs, which nobody owns then.
    await release.install(values, ['--take-ownership', '--wait']);
    const account = { namespace: places.system, name: 'outrigger' };
    const bearer = new TokenClient(real(), await tokenOf(real(), account.namespace, account.name));
    return { places, release, life, bearer, allowed: reviewAll(account, places) };
  }

  async function uninstall({ release, life, bearer }: Subject): Promise<void> {
    bearer.close();
    await release.uninstall();
    await life.over();
    await eventually(
      'the operator has ended',
      async () => servers.pods.length,
      (count) => count === 0,
    );
    await release.forget();
  }

  /** Beyond what any ServiceAccount may by the bootstrap roles of the API server's version. */
  async function reviewAll(
    account: { readonly namespace: string; readonly name: string },
    { system, vision, elsewhere }: Places,
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const anybody = await new Reviews(admin, { namespace: 'default', name: 'default' }).allowed('');
    const reviews = new Reviews(admin, account);
    const rights = new Map<string, readonly string[]>();
    for (const namespace of new Set(['', system, vision, elsewhere, 'kube-system', NODE_LEASES])) {
      const allowed = await reviews.allowed(namespace);
      rights.set(
        namespace,
        allowed.filter((right) => !anybody.includes(right)),
      );
    }
    rights.set('paths', await reviews.allowedPaths());
    return rights;
  }

  /** What its processes did, from the audit log; the log is written behind the answers. */
  async function calls({ places }: Subject) {
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    return callsOf(real(), { namespace: places.system, name: 'outrigger' });
  }

  async function refusal(subject: Subject, [, request]: (typeof REFUSED)[number]) {
    const asked = request(subject.places);
    const [reply, asAdmin] = await Promise.all([subject.bearer.send(asked), admin.send(asked)]);
    return { status: reply.status, ofAdmin: asAdmin.status, words: String(reply.body['message']) };
  }

  describe('in cluster mode', () => {
    let subject: Subject;

    beforeAll(async () => {
      const places = {
        system: await real().namespace({ 'pod-security.kubernetes.io/enforce': 'restricted' }),
        vision: await real().namespace(),
        elsewhere: await real().namespace(),
      };
      const prometheusSecrets = [{ namespace: places.vision, names: [SECRET] }];
      subject = await install(places, { prometheusSecrets });
    });

    afterAll(() => uninstall(subject));

    it('lives through all that a model goes through', async () => {
      const { life } = subject;
      await life.begun();
      expect(await life.promoted()).toEqual({ '1.1.0': 6 });
      expect(prometheus.answered).toBeGreaterThan(0);
      expect(prometheus.turnedAway).toBe(0);
      await life.rolledBack();
      await life.othersInTheWay();
      await life.adopted();
      const { before, after } = await life.deleted();
      expect(before).toHaveLength(6);
      expect(after).toEqual(before);
    }, 400_000);

    it('may do these things and no others', async () => {
      const { system, vision, elsewhere } = subject.places;
      expect(Object.fromEntries(await subject.allowed)).toEqual({
        '': [...IN_NAMESPACES, ...ON_NODES].toSorted(),
        [system]: [...IN_NAMESPACES, ...FOR_THE_LEASE].toSorted(),
        [vision]: IN_NAMESPACES,
        [elsewhere]: IN_NAMESPACES,
        'kube-system': IN_NAMESPACES,
        [NODE_LEASES]: [...IN_NAMESPACES, ...TO_NODE_LEASES].toSorted(),
        paths: [],
      });
      expect(await namedRights(subject.bearer, system)).toEqual(named(TO_THE_LEASE, 'outrigger'));
      expect(await namedRights(subject.bearer, vision)).toEqual(named(TO_SECRETS, SECRET));
      expect(await namedRights(subject.bearer, elsewhere)).toEqual([]);
    });

    it('was refused nothing', async () => {
      const made = await calls(subject);
      expect(made.filter(({ code }) => code === 403)).toEqual([]);
    });

    it('has used each of them', async () => {
      const made = await calls(subject);
      const needed = [...IN_NAMESPACES, ...ON_NODES, ...FOR_THE_LEASE, ...TO_THE_LEASE, ...TO_SECRETS];
      expect(rights(made)).toEqual(needed.filter((right) => UNSEEN[right] === undefined).toSorted());
    });

    it('has written in the namespace of the model, and its Lease', async () => {
      const { system, vision } = subject.places;
      const made = await calls(subject);
      const ofSystem = made.filter(({ namespace }) => namespace === system);
      expect(rights(ofSystem)).toEqual([...FOR_THE_LEASE, ...TO_THE_LEASE].toSorted());
      const others = made.filter(({ namespace }) => namespace !== system && namespace !== vision);
      expect(rights(others)).toEqual(
        [
          ...[...IN_NAMESPACES, ...ON_NODES].filter((right) => /^(list|watch) /.test(right)),
          ...TO_NODE_LEASES,
        ].toSorted(),
      );
      expect(rights(made.filter(({ namespace }) => namespace === NODE_LEASES))).toEqual(TO_NODE_LEASES);
    });

    it.each(REFUSED)('may not %s', async (...refused) => {
      const { status, ofAdmin, words } = await refusal(subject, refused);
      expect(words).toMatch(/cannot |forbidden: /);
      expect(status).toBe(403);
      expect(ofAdmin).not.toBe(403);
    });
  });

  describe('in namespace mode', () => {
    let subject: Subject;

    beforeAll(async () => {
      const own = await real().namespace();
      const places = { system: own, vision: own, elsewhere: await real().namespace() };
      subject = await install(places, { scope: 'Namespace' });
    });

    afterAll(() => uninstall(subject));

    it('prints the Role that it lacks, and goes on when that is applied as it stands', async () => {
      const { life, release, places } = subject;
      const turnedAway = prometheus.turnedAway;
      await life.begun();
      const sentence = await life.refusedSecret();
      const role = /\{apiVersion: rbac.*\}\]\}/.exec(sentence)?.[0] ?? sentence;
      await release.kubectl(['apply', '-f', '-'], role);
      const name = `outrigger-${SECRET}`;
      const account = `--serviceaccount=${places.system}:outrigger`;
      const binding = ['create', 'rolebinding', name, `--role=${name}`, account];
      await release.kubectl([...binding, '--namespace', places.vision]);
      expect(await life.promoted()).toEqual({ '1.1.0': 6 });
      expect(prometheus.turnedAway).toBe(turnedAway);
    }, 400_000);

    it('lives through the rest that a model goes through', async () => {
      const { life } = subject;
      await life.rolledBack();
      await life.othersInTheWay();
      await life.adopted();
      const { before, after } = await life.deleted();
      expect(before).toHaveLength(6);
      expect(after).toEqual(before);
    }, 400_000);

    it('may do these things in its own namespace, and read nodes', async () => {
      const { system, elsewhere } = subject.places;
      expect(Object.fromEntries(await subject.allowed)).toEqual({
        '': ON_NODES,
        [system]: [...IN_NAMESPACES, ...FOR_THE_LEASE].toSorted(),
        [elsewhere]: [],
        'kube-system': [],
        [NODE_LEASES]: TO_NODE_LEASES,
        paths: [],
      });
      expect(await namedRights(subject.bearer, system)).toEqual(
        [...named(TO_THE_LEASE, 'outrigger'), ...named(TO_SECRETS, SECRET)].toSorted(),
      );
      expect(await namedRights(subject.bearer, elsewhere)).toEqual([]);
    });

    it('has used each of them, there, and was refused nothing but the Secret', async () => {
      const { system } = subject.places;
      const made = await calls(subject);
      const inside = made.filter(({ namespace }) => namespace === system);
      const needed = [...IN_NAMESPACES, ...FOR_THE_LEASE, ...TO_THE_LEASE, ...TO_SECRETS];
      expect(rights(inside)).toEqual(needed.filter((right) => UNSEEN[right] === undefined).toSorted());
      expect(rights(made.filter((call) => !inside.includes(call)))).toEqual(
        [...ON_NODES, ...TO_NODE_LEASES].toSorted(),
      );
      expect(rights(made.filter(({ code }) => code === 403))).toEqual(TO_SECRETS);
    });

    it.each([...REFUSED, ...REFUSED_ELSEWHERE])('may not %s', async (...refused) => {
      const { status, ofAdmin, words } = await refusal(subject, refused);
      expect(words).toMatch(/cannot |forbidden: /);
      expect(status).toBe(403);
      expect(ofAdmin).not.toBe(403);
    });
  });

  it('needs to create Services, which a server-side apply alone does not show', async () => {
    const namespace = await real().namespace();
    const rules = [{ apiGroups: [''], resources: ['services'], verbs: ['get', 'patch'] }];
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'patcher', namespace } };
    const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    await real().call('POST', `${path}/roles`, { ...rbac, kind: 'Role', rules });
    await real().call('POST', `${path}/rolebindings`, {
      ...rbac,
      kind: 'RoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'patcher' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }],
    });
    const patcher = new TokenClient(real(), await tokenOf(real(), namespace, 'default'));
    const apply = (client: TokenClient) =>
      client.send({
        method: 'PATCH',
        path: `/api/v1/namespaces/${namespace}/services/any?fieldManager=test`,
        contentType: 'application/apply-patch+yaml',
        body: {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'any' },
          spec: { ports: [{ port: 80 }] },
        },
      });
    const before = await apply(patcher);
    await apply(admin);
    const after = await apply(patcher);
    patcher.close();
    expect([before.status, after.status]).toEqual([403, 200]);
    expect(String(before.body['message'])).toContain('cannot create resource "services"');
    expect(Object.keys(UNSEEN)).toEqual(['create services']);
  });
});

function rights(calls: readonly { readonly right: string }[]): readonly string[] {
  return [...new Set(calls.map(({ right }) => right))].toSorted();
}

function named(list: readonly string[], name: string): readonly string[] {
  return list.map((right) => `${right} ${name}`).toSorted();
}
