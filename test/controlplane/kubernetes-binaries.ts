import { ETCD, KUBERNETES, PROMETHEUS, type Binary, type BinaryName } from '../binaries/binaries.ts';
import { binaryPath, missingParts, type Log } from '../binaries/build.ts';

/** Paths of what a control plane is made of. */
export interface Binaries {
  readonly etcd: string;
  readonly apiServer: string;
  readonly scheduler: string;
  readonly controllerManager: string;
  readonly prometheus?: string;
}

/** With Prometheus or without. */
export interface Parts {
  readonly prometheus: boolean;
}

/** Builds what is not there yet. */
export async function buildBinaries(options: Parts & { readonly log: Log }): Promise<Binaries> {
  const paths = new Map<BinaryName, string>();
  for (const binary of wanted(options)) paths.set(binary.name, await binaryPath(binary, options.log));
  const path = (name: BinaryName): string => paths.get(name) ?? '';
  return {
    etcd: path('etcd'),
    apiServer: path('kube-apiserver'),
    scheduler: path('kube-scheduler'),
    controllerManager: path('kube-controller-manager'),
    ...(options.prometheus && { prometheus: path('prometheus') }),
  };
}

/** Why this machine can have no control plane; undefined when it can. Builds nothing. */
export function missingControlPlane(options: Parts): Promise<string | undefined> {
  return missingParts(wanted(options));
}

const wanted = (options: Parts): readonly Binary[] => [
  ETCD,
  ...KUBERNETES,
  ...(options.prometheus ? [PROMETHEUS] : []),
];
