export interface Credentials {
  readonly name: string;
  readonly user: Readonly<Record<string, unknown>>;
  /** Of the cluster, where it is reached through the server itself as a proxy. */
  readonly throughProxy?: boolean;
  /** What the server is to see. */
  readonly authorization: string;
}

const ID_TOKEN = [{ alg: 'none' }, { exp: 4_102_444_800 }, {}]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.');

/** Ways of people and pods to say who they are; each goes through another part of the Kubernetes library. */
export const CREDENTIALS: readonly Credentials[] = [
  { name: 'a token', user: { token: 'plain' }, authorization: 'Bearer plain' },
  { name: 'a token file', user: { tokenFile: 'token' }, authorization: 'Bearer from-file' },
  {
    name: 'a password',
    user: { username: 'me', password: 'secret' },
    authorization: `Basic ${Buffer.from('me:secret').toString('base64')}`,
  },
  {
    name: 'a credential plugin',
    user: {
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        interactiveMode: 'Never',
        command: process.execPath,
        args: [
          '-p',
          `JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: 'from-plugin' } })`,
        ],
      },
    },
    authorization: 'Bearer from-plugin',
  },
  {
    name: 'an OIDC token',
    user: {
      'auth-provider': {
        name: 'oidc',
        config: {
          'id-token': ID_TOKEN,
          'idp-issuer-url': 'https://issuer.example',
          'client-id': 'id',
          'client-secret': 'secret',
          'refresh-token': 'refresh',
        },
      },
    },
    authorization: `Bearer ${ID_TOKEN}`,
  },
  { name: 'a proxy', user: { token: 'proxied' }, throughProxy: true, authorization: 'Bearer proxied' },
];

/** A kubeconfig for the server at `url`; YAML reads JSON. */
export function kubeconfig({ user, throughProxy = false }: Credentials, url: string): string {
  const cluster = {
    server: url,
    'insecure-skip-tls-verify': true,
    ...(throughProxy && { 'proxy-url': url }),
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'site',
    clusters: [{ name: 'site', cluster }],
    users: [{ name: 'me', user }],
    contexts: [{ name: 'site', context: { cluster: 'site', user: 'me' } }],
  });
}
