/** Values that together switch on and off each part of the chart, by what they are about. `others` is a second namespace. */
export function valueSets(others: string): Readonly<Record<string, unknown>> {
  return {
    'the defaults': {},
    'one namespace': { scope: 'Namespace' },
    'one replica': { replicas: 1 },
    'nothing that can be left out': {
      crds: { install: false },
      rbac: { create: false },
      serviceAccount: { create: false, name: 'someone' },
      decisionPolicy: { enabled: false },
      operatorPolicy: { enabled: false },
      podDisruptionBudget: { enabled: false },
      networkPolicy: { enabled: false },
      resources: { limits: null, requests: null },
    },
    'CRDs that go with the release': { crds: { keep: false } },
    'Secrets for Prometheus': {
      prometheus: { address: 'https://metrics.example:8443/tenant' },
      prometheusSecrets: [{ namespace: others, names: ['prometheus-token', 'prometheus-ca'] }],
    },
    'a PodMonitor': {
      metrics: { podMonitor: { enabled: true, labels: { release: 'prometheus' }, interval: '30s' } },
    },
    'alerts and a dashboard': {
      metrics: {
        prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
        dashboard: { enabled: true },
      },
    },
    'a ServiceMonitor': { metrics: { serviceMonitor: { enabled: true, interval: '1m30s' } } },
    'narrow egress and ingress': {
      networkPolicy: {
        ingress: {
          from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        },
        egress: {
          dns: { to: [{ namespaceSelector: {}, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }] },
          apiServer: { to: [{ ipBlock: { cidr: '10.0.0.10/32' } }], ports: [6443] },
          prometheus: { to: [{ namespaceSelector: {} }], ports: [9090] },
        },
      },
    },
    'every other value': {
      image: {
        repository: 'registry.example:5000/edge/outrigger',
        tag: 'v9',
        digest: `sha256:${'ab'.repeat(32)}`,
        pullPolicy: 'Always',
      },
      imagePullSecrets: [{ name: 'registry' }],
      nameOverride: 'boat',
      fullnameOverride: 'edge-outrigger',
      pauseImage: 'registry.example:5000/pause:3.10',
      logLevel: 'debug',
      concurrency: 8,
      maxPrefetching: 40,
      serviceAccount: { name: 'edge-operator', annotations: { 'example.com/role': 'outrigger' } },
      rbac: { aggregateRoles: false },
      resources: { limits: { memory: '1Gi', cpu: 1 } },
      podAnnotations: { 'example.com/team': 'edge' },
      podLabels: { team: 'edge' },
      nodeSelector: { 'node-role.kubernetes.io/control-plane': 'true' },
      tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'site', operator: 'Exists' }] }],
          },
        },
      },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
      ],
      priorityClassName: 'system-cluster-critical',
      extraEnv: [
        { name: 'NODE_OPTIONS', value: '--max-old-space-size=700' },
        { name: 'HTTPS_PROXY', value: 'http://proxy.example:3128' },
      ],
    },
  };
}
