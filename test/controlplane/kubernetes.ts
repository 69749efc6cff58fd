import type { Binaries } from './kubernetes-binaries.ts';
import type { Component } from './component.ts';
import type { Layout } from './layout.ts';

export interface KubernetesPorts {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
  readonly scheduler: number;
  readonly controllerManager: number;
}

export interface KubernetesSettings {
  /** How long a node may be silent before it is NotReady, as a Go duration. */
  readonly nodeMonitorGracePeriod: string;
  /** Writes one line for each request to the layout's audit log: who, verb, object. */
  readonly audit: boolean;
}

const SERVICE_ADDRESSES = '10.96.0.0/16';

export function etcd(binaries: Binaries, files: Layout, ports: KubernetesPorts): Component {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return {
    name: 'etcd',
    binary: binaries.etcd,
    args: [
      '--name=test',
      `--data-dir=${files.etcdData}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=test=${peer}`,
      // The data does not outlive the run, so it need not survive a power cut.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    log: files.log('etcd'),
    health: `${client}/health`,
  };
}

export function apiServer(
  binaries: Binaries,
  files: Layout,
  ports: KubernetesPorts,
  settings: KubernetesSettings,
): Component {
  return {
    name: 'kube-apiserver',
    binary: binaries.apiServer,
    args: [
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.apiServer}`,
      `--cert-dir=${files.certificates}`,
      `--token-auth-file=${files.tokens}`,
      '--authorization-mode=Node,RBAC',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${files.serviceAccountPublicKey}`,
      `--service-account-signing-key-file=${files.serviceAccountKey}`,
      `--service-cluster-ip-range=${SERVICE_ADDRESSES}`,
      '--allow-privileged=true',
      // A loopback address can be no endpoint of the `kubernetes` Service.
      '--endpoint-reconciler-type=none',
      ...(settings.audit
        ? [`--audit-policy-file=${files.auditPolicy}`, `--audit-log-path=${files.auditLog}`]
        : []),
    ],
    log: files.log('kube-apiserver'),
    health: `https://127.0.0.1:${ports.apiServer}/readyz`,
  };
}

export function scheduler(binaries: Binaries, files: Layout, ports: KubernetesPorts): Component {
  return {
    name: 'kube-scheduler',
    binary: binaries.scheduler,
    args: [
      `--kubeconfig=${files.schedulerKubeconfig}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.scheduler}`,
    ],
    log: files.log('kube-scheduler'),
    health: `https://127.0.0.1:${ports.scheduler}/readyz`,
  };
}

export function controllerManager(
  binaries: Binaries,
  files: Layout,
  ports: KubernetesPorts,
  settings: KubernetesSettings,
): Component {
  return {
    name: 'kube-controller-manager',
    binary: binaries.controllerManager,
    args: [
      `--kubeconfig=${files.controllerManagerKubeconfig}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.controllerManager}`,
      '--use-service-account-credentials',
      `--service-account-private-key-file=${files.serviceAccountKey}`,
      `--root-ca-file=${files.apiServerCertificate}`,
      // No signer has a key here, and a certificate that signs itself cannot be published as a trust bundle.
      '--controllers=*,-certificatesigningrequest-approving-controller,-certificatesigningrequest-signing-controller,-certificatesigningrequest-cleaner-controller,-kube-apiserver-serving-clustertrustbundle-publisher-controller',
      '--node-monitor-period=2s',
      `--node-monitor-grace-period=${settings.nodeMonitorGracePeriod}`,
      `--node-startup-grace-period=${settings.nodeMonitorGracePeriod}`,
      // A fleet of a thousand simulated nodes is more than the default of 20 requests a second allows for.
      '--kube-api-qps=200',
      '--kube-api-burst=400',
    ],
    log: files.log('kube-controller-manager'),
    health: `https://127.0.0.1:${ports.controllerManager}/healthz`,
  };
}
