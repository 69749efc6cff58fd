import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Binaries } from './kubernetes-binaries.ts';
import { lastLines, type Component } from './component.ts';
import { kubeconfig } from './kubeconfig.ts';
import { apiServer, controllerManager, etcd, scheduler, type KubernetesSettings } from './kubernetes.ts';
import { layout, type Layout } from './layout.ts';
import { freePorts, preferPort } from './ports.ts';
import { prometheus, prometheusConfig, type PrometheusSettings } from './prometheus.ts';
import { request } from './request.ts';

/** A control plane on paper: its files are written, its ports chosen, nothing runs yet. Plain data. */
export interface Cluster {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly url: string;
  readonly tokens: Tokens;
  readonly etcd: Component;
  readonly apiServer: Component;
  readonly scheduler: Component;
  readonly controllerManager: Component;
  readonly prometheus?: Component & { readonly url: string };
  readonly auditLog?: string;
}

export interface Tokens {
  readonly admin: string;
  readonly scheduler: string;
  readonly controllerManager: string;
}

export interface ClusterSettings extends KubernetesSettings {
  readonly prometheus: PrometheusSettings | false;
}

export async function planCluster(
  folder: string,
  binaries: Binaries,
  settings: ClusterSettings,
): Promise<Cluster> {
  const files = layout(folder);
  const [etcdPort = 0, etcdPeer = 0, api = 0, schedulerPort = 0, controllerPort = 0, anyPort = 0] =
    await freePorts(6);
  const ports = {
    etcd: etcdPort,
    etcdPeer,
    apiServer: api,
    scheduler: schedulerPort,
    controllerManager: controllerPort,
  };
  const tokens = await writeCredentials(files);
  if (settings.audit) await writeFile(files.auditPolicy, AUDIT_POLICY);
  const planned: Cluster = {
    folder,
    kubeconfig: files.adminKubeconfig,
    url: `https://127.0.0.1:${api}`,
    tokens,
    etcd: etcd(binaries, files, ports),
    apiServer: apiServer(binaries, files, ports, settings),
    scheduler: scheduler(binaries, files, ports),
    controllerManager: controllerManager(binaries, files, ports, settings),
    ...(settings.audit && { auditLog: files.auditLog }),
  };
  if (settings.prometheus === false || binaries.prometheus === undefined) return planned;
  await writeFile(files.prometheusConfig, prometheusConfig(settings.prometheus));
  const prometheusPort = await preferPort(settings.prometheus.preferredPort, anyPort);
  const component = prometheus(binaries.prometheus, files, prometheusPort);
  return { ...planned, prometheus: { ...component, url: `http://127.0.0.1:${prometheusPort}` } };
}

/** In the order in which they start. */
export function components(cluster: Cluster): readonly Component[] {
  const { etcd, apiServer, scheduler, controllerManager, prometheus } = cluster;
  return [etcd, apiServer, scheduler, controllerManager, ...(prometheus ? [prometheus] : [])];
}

/**
 * Starts everything; `ensure` starts one component if it does not run, and waits until it is ready. Ends when a
 * pod could be created in the namespace `default`.
 */
export async function startCluster(
  cluster: Cluster,
  ensure: (component: Component) => Promise<void>,
): Promise<void> {
  await Promise.all([
    startKubernetes(cluster, ensure),
    cluster.prometheus ? ensure(cluster.prometheus) : Promise.resolve(),
  ]);
}

async function startKubernetes(
  cluster: Cluster,
  ensure: (component: Component) => Promise<void>,
): Promise<void> {
  await ensure(cluster.etcd);
  await ensure(cluster.apiServer);
  await writeKubeconfigs(cluster);
  await Promise.all([ensure(cluster.scheduler), ensure(cluster.controllerManager)]);
  await waitForServiceAccount(cluster);
}

/** PEM of the API server's certificate; it exists once the API server has run. */
export function readCa(cluster: Cluster): Promise<string> {
  return readFile(layout(cluster.folder).apiServerCertificate, 'utf8');
}

async function writeCredentials(files: Layout): Promise<Tokens> {
  await mkdir(files.certificates, { recursive: true });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const tokens = { admin: newToken(), scheduler: newToken(), controllerManager: newToken() };
  const secret = { mode: 0o600 };
  await writeFile(files.serviceAccountKey, privateKey, secret);
  await writeFile(files.serviceAccountPublicKey, publicKey);
  await writeFile(
    files.tokens,
    [
      `${tokens.admin},admin,admin,"system:masters"`,
      `${tokens.scheduler},system:kube-scheduler,scheduler`,
      `${tokens.controllerManager},system:kube-controller-manager,controller-manager`,
      '',
    ].join('\n'),
    secret,
  );
  return tokens;
}

const newToken = (): string => randomBytes(24).toString('hex');

async function writeKubeconfigs(cluster: Cluster): Promise<void> {
  const files = layout(cluster.folder);
  const ca = await readCa(cluster);
  const write = (path: string, token: string): Promise<void> =>
    writeFile(path, kubeconfig({ url: cluster.url, ca, token }), { mode: 0o600 });
  await write(files.adminKubeconfig, cluster.tokens.admin);
  await write(files.schedulerKubeconfig, cluster.tokens.scheduler);
  await write(files.controllerManagerKubeconfig, cluster.tokens.controllerManager);
}

/** The ServiceAccount admission refuses pods until the controller manager has made the namespace's account. */
async function waitForServiceAccount(cluster: Cluster): Promise<void> {
  const ca = await readCa(cluster);
  const url = `${cluster.url}/api/v1/namespaces/default/serviceaccounts/default`;
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const reply = await request(url, { ca, token: cluster.tokens.admin });
    if (reply.status === 200) return;
    await sleep(50);
  }
  throw new Error(
    `the namespace default has no ServiceAccount after 60 s. ${cluster.controllerManager.name}: ${lastLines(cluster.controllerManager)}`,
  );
}

const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
`;
