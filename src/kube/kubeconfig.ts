import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { KubeConfig, User } from '@kubernetes/client-node';
import { load } from 'js-yaml';

export interface KubeConfigOptions {
  /** Path of a kubeconfig file; wins over the environment. */
  readonly kubeconfig?: string | undefined;
  /** A context other than the current one. */
  readonly context?: string | undefined;
  /** The environment: KUBECONFIG, KUBERNETES_SERVICE_HOST and _PORT, HOME. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder with the token and the CA of the pod's service account; where kubelets mount it unless given. */
  readonly serviceAccount?: string | undefined;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Which cluster to speak to, and as whom: the file that was named, the files of KUBECONFIG, the service account
 * of the pod we run in, the user's own ~/.kube/config. Reads files at each call, so that calling it again is how
 * rotated credentials are picked up.
 *
 * Errors: throws with a sentence for people where none of these is there or one cannot be used.
 */
export async function loadKubeConfig(options: KubeConfigOptions): Promise<KubeConfig> {
  // Importing the library costs most of a second and 86 MB, which commands without a cluster need not pay.
  const library = await import('@kubernetes/client-node');
  const config = new library.KubeConfig();
  const files = kubeconfigFiles(options);
  if (files.length > 0) {
    for (const [index, file] of files.entries()) {
      if (index === 0) readInto(config, file);
      else config.mergeConfig(readInto(new library.KubeConfig(), file), true);
    }
  } else if (isInCluster(options)) {
    config.loadFromOptions(inCluster(options));
  } else {
    throw new Error(
      'no cluster to speak to: name a file with --kubeconfig, set KUBECONFIG, or run as a pod with a service account',
    );
  }
  if (options.context !== undefined) config.setCurrentContext(options.context);
  if (config.getCurrentCluster() === null) {
    throw new Error(
      `the kubeconfig has no usable context "${config.getCurrentContext() ?? ''}"; it names ` +
        (config.contexts.map((context) => context.name).join(', ') || 'none'),
    );
  }
  return config;
}

function kubeconfigFiles(options: KubeConfigOptions): readonly string[] {
  const { kubeconfig, env } = options;
  if (kubeconfig !== undefined) return [kubeconfig];
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  // kubectl, too, skips files of the list that are not there, as long as one is.
  if (named.length > 0)
    return named.some((file) => existsSync(file)) ? named.filter((file) => existsSync(file)) : named;
  if (isInCluster(options)) return [];
  const own = join(env['HOME'] ?? '', '.kube', 'config');
  return env['HOME'] && existsSync(own) ? [own] : [];
}

function readInto(config: KubeConfig, file: string): KubeConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`the kubeconfig ${file} cannot be read`, { cause: error });
  }
  try {
    config.loadFromString(text);
    config.makePathsAbsolute(dirname(file));
    config.users = config.users.map((user) => withTokenFile(user, text, dirname(file)));
  } catch (error) {
    throw new Error(`the kubeconfig ${file} is not valid`, { cause: error });
  }
  return config;
}

/** The library knows only a misspelt `token-file`, read once; the real `tokenFile` is read again as it rotates. */
function withTokenFile(user: User, text: string, directory: string): User {
  const parsed = load(text) as { users?: { name?: string; user?: { tokenFile?: string } }[] };
  const file = parsed.users?.find((entry) => entry.name === user.name)?.user?.tokenFile;
  if (file === undefined || user.token) return user;
  return { ...user, authProvider: { name: 'tokenFile', config: { tokenFile: resolve(directory, file) } } };
}

function isInCluster({ env, serviceAccount = SERVICE_ACCOUNT }: KubeConfigOptions): boolean {
  return Boolean(env['KUBERNETES_SERVICE_HOST']) && existsSync(join(serviceAccount, 'token'));
}

function inCluster({ env, serviceAccount = SERVICE_ACCOUNT }: KubeConfigOptions): unknown {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] ?? '443'}`;
  const name = 'in-cluster';
  const tokenFile = join(serviceAccount, 'token');
  return {
    clusters: [{ name, server, caFile: join(serviceAccount, 'ca.crt'), skipTLSVerify: false }],
    users: [{ name, authProvider: { name: 'tokenFile', config: { tokenFile } } }],
    contexts: [{ name, cluster: name, user: name }],
    currentContext: name,
  };
}
