/** A program that the tests run for real, and how it is built from its Go module. */
export interface Binary {
  readonly name: BinaryName;
  /** Folder of the go.mod, beside this file. */
  readonly module: 'argocd' | 'etcd' | 'helm' | 'kubectl' | 'kubernetes' | 'prometheus';
  readonly package: string;
  readonly flags: readonly string[];
  /** One that is on the PATH will do: any version of it answers as the tests need. */
  readonly fromPath?: boolean;
  /** Rough duration of a first build on two cores, for the progress line. */
  readonly firstBuild: string;
}

export type BinaryName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-scheduler'
  | 'kube-controller-manager'
  | 'prometheus'
  | ToolName;

/** What tests call like a command, see run-tool.ts. */
export type ToolName = 'argocd' | 'helm' | 'kubectl' | 'promtool';

export const KUBERNETES_VERSION = 'v1.37.2';
const PROMETHEUS_VERSION = '3.16.0';

const stripped = (...variables: readonly string[]): readonly string[] => [
  '-trimpath',
  '-ldflags',
  ['-s', '-w', ...variables.map((variable) => `-X ${variable}`)].join(' '),
];

/** A component that does not know its version calls itself v0.0.0, and API servers refuse version skew. */
const kubernetes = stripped(
  `k8s.io/component-base/version.gitVersion=${KUBERNETES_VERSION}`,
  'k8s.io/component-base/version.gitMajor=1',
  'k8s.io/component-base/version.gitMinor=37',
);

const kubernetesBinary = (name: BinaryName, firstBuild: string): Binary => ({
  name,
  module: 'kubernetes',
  package: `k8s.io/kubernetes/cmd/${name}`,
  flags: kubernetes,
  firstBuild,
});

export const ETCD: Binary = {
  name: 'etcd',
  module: 'etcd',
  package: 'go.etcd.io/etcd/server/v3',
  flags: stripped(),
  firstBuild: '1 min',
};

export const KUBERNETES: readonly Binary[] = [
  kubernetesBinary('kube-apiserver', '5 min'),
  kubernetesBinary('kube-controller-manager', '2 min'),
  kubernetesBinary('kube-scheduler', '1 min'),
];

/** Without the first tag Prometheus wants the clients of every cloud; file, HTTP and Kubernetes discovery stay in. */
const prometheusBinary = (name: 'prometheus' | 'promtool', firstBuild: string): Binary => ({
  name,
  module: 'prometheus',
  package: `github.com/prometheus/prometheus/cmd/${name}`,
  flags: [
    '-mod=mod',
    '-tags',
    'remove_all_sd,enable_kubernetes_sd',
    ...stripped(`github.com/prometheus/common/version.Version=${PROMETHEUS_VERSION}`),
  ],
  fromPath: true,
  firstBuild,
});

export const PROMETHEUS: Binary = prometheusBinary('prometheus', '3 min');

export const TOOLS: Readonly<Record<ToolName, Binary>> = {
  argocd: { name: 'argocd', module: 'argocd', package: '.', flags: stripped(), firstBuild: '5 min' },
  helm: {
    name: 'helm',
    module: 'helm',
    package: 'helm.sh/helm/v4/cmd/helm',
    flags: stripped(),
    firstBuild: '1 min',
  },
  // Of a module of its own: another tool in the control plane's would mean building that anew.
  kubectl: {
    name: 'kubectl',
    module: 'kubectl',
    package: 'k8s.io/kubernetes/cmd/kubectl',
    flags: kubernetes,
    firstBuild: '1 min',
  },
  promtool: prometheusBinary('promtool', '1 min'),
};
