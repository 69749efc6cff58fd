import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { HttpMethod, RequestContext, type KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadKubeConfig } from './kubeconfig.ts';

let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'outrigger-kubeconfig-'));
});

afterAll(() => rmSync(directory, { recursive: true }));

function write(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

function kubeconfig(name: string, user = '{token: secret}'): string {
  return `
apiVersion: v1
kind: Config
current-context: ${name}
clusters: [{name: ${name}, cluster: {server: "https://${name}:6443", certificate-authority: ca.crt}}]
users: [{name: ${name}, user: ${user}}]
contexts: [{name: ${name}, context: {cluster: ${name}, user: ${name}}}]
`;
}

const server = (config: KubeConfig): string | undefined => config.getCurrentCluster()?.server;

async function authorization(config: KubeConfig): Promise<string | undefined> {
  const context = new RequestContext('https://localhost', HttpMethod.GET);
  await config.applySecurityAuthentication(context);
  return context.getHeaders()['Authorization'];
}

describe('loadKubeConfig', () => {
  it('takes the file that was named before the environment, with paths beside it', async () => {
    const file = write('named', kubeconfig('named'));
    const config = await loadKubeConfig({
      kubeconfig: file,
      env: { KUBECONFIG: write('env', kubeconfig('env')) },
    });
    expect(server(config)).toBe('https://named:6443');
    expect(config.getCurrentCluster()?.caFile).toBe(join(directory, 'ca.crt'));
  });

  it('merges the files of KUBECONFIG that are there; the first one names the context', async () => {
    const files = [
      join(directory, 'absent'),
      write('one', kubeconfig('one')),
      write('two', kubeconfig('two')),
    ];
    const env = { KUBECONFIG: files.join(delimiter) };
    expect(server(await loadKubeConfig({ env }))).toBe('https://one:6443');
    expect(server(await loadKubeConfig({ env, context: 'two' }))).toBe('https://two:6443');
  });

  it('takes the file of the home directory last', async () => {
    mkdirSync(join(directory, '.kube'));
    write(join('.kube', 'config'), kubeconfig('home'));
    expect(server(await loadKubeConfig({ env: { HOME: directory } }))).toBe('https://home:6443');
  });

  it('reads a tokenFile, which the library does not know, beside the kubeconfig', async () => {
    write('token', 'from-file');
    write('ca.crt', 'not read as a certificate here');
    const config = await loadKubeConfig({
      kubeconfig: write('tokens', kubeconfig('t', '{tokenFile: token}')),
      env: {},
    });
    expect(await authorization(config)).toBe('Bearer from-file');
  });

  it.each([
    ['10.43.0.1', '6443', 'https://10.43.0.1:6443'],
    ['10.43.0.1', undefined, 'https://10.43.0.1:443'],
    ['fd00:43::1', '443', 'https://[fd00:43::1]:443'],
  ])('takes the service account of the pod before the home directory (%s, %s)', async (host, port, url) => {
    const serviceAccount = mkdtempSync(join(directory, 'account-'));
    writeFileSync(join(serviceAccount, 'token'), 'of-the-pod');
    writeFileSync(join(serviceAccount, 'ca.crt'), 'not read as a certificate here');
    const env = { HOME: directory, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
    const config = await loadKubeConfig({ env, serviceAccount });
    expect(server(config)).toBe(url);
    expect(config.getCurrentCluster()?.caFile).toBe(join(serviceAccount, 'ca.crt'));
    expect(await authorization(config)).toBe('Bearer of-the-pod');
  });

  it.each<[string, () => Parameters<typeof loadKubeConfig>[0], RegExp]>([
    ['nothing to go by', () => ({ env: {} }), /no cluster to speak to: name a file with --kubeconfig/],
    [
      'a pod without a token (automountServiceAccountToken: false)',
      () => ({ env: { KUBERNETES_SERVICE_HOST: '10.43.0.1' }, serviceAccount: join(directory, 'absent') }),
      /no cluster to speak to: .* or run as a pod with a service account/,
    ],
    [
      'a file that is not there',
      () => ({ kubeconfig: join(directory, 'absent'), env: {} }),
      /absent cannot be read/,
    ],
    [
      'a KUBECONFIG of which nothing is there',
      () => ({ env: { KUBECONFIG: '/absent' } }),
      /\/absent cannot be read/,
    ],
    [
      'a file that is no kubeconfig',
      () => ({ kubeconfig: write('bad', 'a: [b'), env: {} }),
      /bad is not valid/,
    ],
    [
      'a context that it does not have',
      () => ({ kubeconfig: write('ctx', kubeconfig('here')), context: 'there', env: {} }),
      /no usable context "there"; it names here/,
    ],
  ])('says what to do about %s', async (_, options, message) => {
    await expect(loadKubeConfig(options())).rejects.toThrow(message);
  });
});
