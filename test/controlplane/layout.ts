import { join } from 'node:path';

/** Every file of one control plane; all of them are in one folder, which goes away with it. */
export interface Layout {
  readonly folder: string;
  readonly etcdData: string;
  readonly certificates: string;
  /** The certificate that the API server makes for itself at its first start; also the CA of the kubeconfigs. */
  readonly apiServerCertificate: string;
  readonly tokens: string;
  readonly auditPolicy: string;
  readonly auditLog: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  readonly adminKubeconfig: string;
  readonly schedulerKubeconfig: string;
  readonly controllerManagerKubeconfig: string;
  readonly prometheusConfig: string;
  readonly prometheusData: string;
  log(component: string): string;
}

export function layout(folder: string): Layout {
  const at = (...path: readonly string[]): string => join(folder, ...path);
  return {
    folder,
    etcdData: at('etcd'),
    certificates: at('certificates'),
    apiServerCertificate: at('certificates', 'apiserver.crt'),
    tokens: at('tokens.csv'),
    auditPolicy: at('audit-policy.yaml'),
    auditLog: at('audit.log'),
    serviceAccountKey: at('service-account.key'),
    serviceAccountPublicKey: at('service-account.pub'),
    adminKubeconfig: at('admin.kubeconfig'),
    schedulerKubeconfig: at('scheduler.kubeconfig'),
    controllerManagerKubeconfig: at('controller-manager.kubeconfig'),
    prometheusConfig: at('prometheus.yaml'),
    prometheusData: at('prometheus'),
    log: (component) => at(`${component}.log`),
  };
}
