import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import type { RealParts } from '../setup/describe-real.ts';
import type { ServerPod } from './operator-pods-spec.ts';

const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * What a kubelet would mount for the pod's container: its ServiceAccount's token, bound to the pod, with the CA
 * and the namespace. The path of a kubeconfig beside them; undefined where the pod mounts no token. Tokens live
 * for an hour and are not renewed here.
 *
 * Errors: throws with the API server's words where it gives no token.
 */
export async function mountCredentials(
  real: RealParts,
  pod: ServerPod,
  folder: string,
): Promise<string | undefined> {
  const mounted = pod.spec.containers[0]?.volumeMounts?.find(({ mountPath }) => mountPath === MOUNT);
  const volume = pod.spec.volumes?.find(({ name }) => name === mounted?.name);
  const sources = volume?.projected?.sources ?? [];
  const token = sources.find((source) => source.serviceAccountToken !== undefined)?.serviceAccountToken;
  const ca = sources.find((source) => source.configMap !== undefined)?.configMap;
  if (token === undefined || ca === undefined) return undefined;
  const { name, namespace = '', uid } = pod.metadata;
  await mkdir(folder, { recursive: true });
  const config = await asked(real, 'GET', `/api/v1/namespaces/${namespace}/configmaps/${ca.name}`);
  await writeFile(join(folder, 'ca.crt'), (config['data'] as Record<string, string>)['ca.crt'] ?? '');
  await writeFile(join(folder, 'namespace'), namespace);
  const account = pod.spec.serviceAccountName ?? 'default';
  const review = await asked(
    real,
    'POST',
    `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: token.audience === undefined ? [] : [token.audience],
        expirationSeconds: token.expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    },
  );
  const file = join(folder, 'token');
  await writeFile(file, String((review['status'] as Record<string, unknown>)['token']));
  await chmod(file, 0o600);
  return kubeconfigFile(real.url, folder);
}

async function kubeconfigFile(server: string, folder: string): Promise<string> {
  const name = 'pod';
  const text = dump({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, 'certificate-authority': join(folder, 'ca.crt') } }],
    users: [{ name, user: { tokenFile: join(folder, 'token') } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
  const file = join(folder, 'kubeconfig');
  await writeFile(file, text);
  return file;
}

async function asked(
  real: RealParts,
  method: string,
  path: string,
  body?: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  const reply = await real.call(method, path, body);
  if (reply.status > 201) throw new Error(`${method} ${path}: ${JSON.stringify(reply.body)}`);
  return reply.body;
}
