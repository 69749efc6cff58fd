import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KubeClient, type RequestRecord } from '../../src/kube/client.ts';
import { HttpsTransport } from '../../src/kube/https-transport.ts';
import { loadKubeConfig } from '../../src/kube/kubeconfig.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { systemClock } from '../../src/telemetry/system-clock.ts';
import { request } from '../controlplane/request.ts';
import { eventually } from '../operator/real-cluster.ts';
import { describeReal } from '../setup/describe-real.ts';

/** What every namespace has. */
const CONFIG_MAP = 'kube-root-ca.crt';

/** Of nobody. */
const OTHER_CA = `-----BEGIN CERTIFICATE-----
MIIBezCCASGgAwIBAgIUK1qZOrgDxnk1pnoNf/x+GLS8BIQwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHYW5vdGhlcjAgFw0yNjExMjIyMTU4NThaGA8yMTI2MTAyOTIx
NTg1OFowEjEQMA4GA1UEAwwHYW5vdGhlcjBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABC6hSI/RM30ZXyJvotQVU+9Li/DAvDysJM3QKwnsipgr4TtvOJFRRgRJiolI
C8w4u+MdqM6tZid1xB8BGILSQkGjUzBRMB0GA1UdDgQWBBQroqFr0EehARUTn5Zl
q5KbivVLCzAfBgNVHSMEGDAWgBQroqFr0EehARUTn5Zlq5KbivVLCzAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDiD9RB0BXTh6aB9gqbSW6AOUmP
yOo0TCayZodlURXFwAIgfvN0DtCCrLC2BhprStVz6POV+uoBolPaGOa/L5Mv1Fc=
-----END CERTIFICATE-----
`;

describeReal('the service account of a pod', (real) => {
  let namespace: string;
  let folder: string;

  beforeAll(async () => {
    namespace = await real().namespace();
    folder = await mkdtemp(join(tmpdir(), 'serviceaccount-'));
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'reader' } };
    await made(`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles`, {
      ...rbac,
      kind: 'Role',
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }],
    });
    await made(`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, {
      ...rbac,
      kind: 'RoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }],
    });
  });

  afterAll(() => rm(folder, { recursive: true }));

  async function made(path: string, body: unknown): Promise<Readonly<Record<string, unknown>>> {
    const reply = await real().call('POST', path, body);
    if (reply.status !== 201) throw new Error(`${path}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  }

  /** A token that is valid for as long as the Secret `holder` is there. */
  async function tokenBoundTo(holder: string): Promise<string> {
    await made(`/api/v1/namespaces/${namespace}/secrets`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: holder },
    });
    const { status } = await made(`/api/v1/namespaces/${namespace}/serviceaccounts/default/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: holder } },
    });
    return (status as { readonly token: string }).token;
  }

  /** Ends the life of such a token, and waits until the API server, which remembers good ones, takes it no more. */
  async function invalidate(holder: string, token: string): Promise<void> {
    await real().call('DELETE', `/api/v1/namespaces/${namespace}/secrets/${holder}`);
    const url = `${real().url}/api/v1/namespaces/${namespace}/configmaps`;
    await eventually(
      'the token is refused',
      async () => (await request(url, { ca: real().ca, token })).status,
      (status) => status === 401,
    );
  }

  /** As the kubelet writes a volume: the files behind a link that is swapped, so that none is seen half written. */
  async function mount(version: string, token: string): Promise<void> {
    const data = `..${version}`;
    await mkdir(join(folder, data));
    await writeFile(join(folder, data, 'token'), token);
    await writeFile(join(folder, data, 'ca.crt'), real().ca);
    await writeFile(join(folder, data, 'namespace'), namespace);
    await symlink(data, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    for (const file of ['token', 'ca.crt', 'namespace']) {
      await symlink(join('..data', file), join(folder, file)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
  }

  it('is enough to work with, and its token may be replaced while the process runs', async () => {
    const first = await tokenBoundTo('first');
    await mount('first', first);
    const { hostname, port } = new URL(real().url);
    const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const load = () => loadKubeConfig({ env, serviceAccount: folder });
    const transport = new HttpsTransport({ load, clock: systemClock });
    const records: RequestRecord[] = [];
    const client = new KubeClient(transport, {
      fieldManager: 'test',
      clock: systemClock,
      onRequest: (record) => void records.push(record),
    });
    const read = () => client.get(RESOURCES.configMaps, namespace, CONFIG_MAP);
    const statuses = () => records.splice(0).map(({ status }) => status);
    const over = new AbortController();
    const watch = async () => {
      const options = { namespace, resourceVersion: '0', signal: over.signal };
      for await (const event of client.watch(RESOURCES.configMaps, options)) return event.type;
      return undefined;
    };
    try {
      expect((await read()).metadata.name).toBe(CONFIG_MAP);
      expect(await watch()).toBe('ADDED');
      // It speaks as the account, and not as somebody with all rights.
      await expect(client.list(RESOURCES.secrets, { namespace })).rejects.toMatchObject({
        code: 'forbidden',
      });
      expect(statuses()).toEqual([200, 200, 403]);

      // The file is not replaced in time: refused, twice, because it is read again, and said to be so.
      await invalidate('first', first);
      await expect(read()).rejects.toMatchObject({ code: 'unauthorized' });
      expect(statuses()).toEqual([401, 401]);

      const second = await tokenBoundTo('second');
      await mount('second', second);
      expect((await read()).metadata.name).toBe(CONFIG_MAP);
      expect(statuses()).toEqual([200]);

      // The file is replaced before the process takes note: refused once, and nobody hears of it.
      const third = await tokenBoundTo('third');
      await mount('third', third);
      await invalidate('second', second);
      expect((await read()).metadata.name).toBe(CONFIG_MAP);
      expect(await watch()).toBe('ADDED');
      expect(statuses()).toEqual([401, 200, 200]);
      expect(await readFile(join(folder, 'token'), 'utf8')).toBe(third);
    } finally {
      over.abort();
      await transport.close();
    }
  });

  it('is turned away where the CA is not that of the server', async () => {
    await mount('fourth', await tokenBoundTo('fourth'));
    await writeFile(join(folder, 'ca.crt'), OTHER_CA);
    const { hostname, port } = new URL(real().url);
    const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const load = () => loadKubeConfig({ env, serviceAccount: folder });
    const transport = new HttpsTransport({ load, clock: systemClock });
    const client = new KubeClient(transport, { fieldManager: 'test', clock: systemClock });
    try {
      await expect(client.list(RESOURCES.configMaps, { namespace, limit: 1 })).rejects.toMatchObject({
        code: 'transient',
        message: expect.stringMatching(/certificate/),
      });
    } finally {
      await transport.close();
    }
  });
});
