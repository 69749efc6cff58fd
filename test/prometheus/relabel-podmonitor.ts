import type { RelabelRule, ScrapeConfig } from './deploy-manifests.ts';
import { manifest } from './deploy-manifests.ts';

interface PodMonitorSpec {
  readonly selector: {
    readonly matchLabels: Readonly<Record<string, string>>;
    readonly matchExpressions: readonly { readonly key: string; readonly operator: string }[];
  };
  readonly podMetricsEndpoints: readonly PodMetricsEndpoint[];
}

interface PodMetricsEndpoint {
  readonly port: string;
  readonly path: string;
  readonly interval: string;
  readonly scrapeTimeout: string;
  readonly honorLabels: boolean;
  readonly relabelings: readonly {
    readonly sourceLabels: readonly string[];
    readonly targetLabel: string;
  }[];
}

/** The rules that podmonitor.yaml adds, in the words of Prometheus's own configuration. */
export function podMonitorRules(): readonly RelabelRule[] {
  return podMonitor().endpoint.relabelings.map(({ sourceLabels, targetLabel }) => ({
    source_labels: sourceLabels,
    target_label: targetLabel,
  }));
}

/**
 * What the prometheus-operator makes of podmonitor.yaml: its own rules go before those of the PodMonitor. After
 * generatePodMonitorConfig in pkg/prometheus/promcfg.go of its v0.85.0, for the fields that the file uses.
 */
export function podMonitorScrape(): ScrapeConfig {
  const { name, spec, endpoint } = podMonitor();
  const { selector } = spec;
  return {
    job_name: `podMonitor/${name}/0`,
    scrape_interval: endpoint.interval,
    scrape_timeout: endpoint.scrapeTimeout,
    honor_labels: endpoint.honorLabels,
    metrics_path: endpoint.path,
    kubernetes_sd_configs: [{ role: 'pod' }],
    relabel_configs: [
      { source_labels: ['__meta_kubernetes_pod_phase'], regex: '(Failed|Succeeded)', action: 'drop' },
      ...Object.entries(selector.matchLabels).map(([key, value]): RelabelRule => {
        const label = sanitised(key);
        return {
          source_labels: [
            `__meta_kubernetes_pod_label_${label}`,
            `__meta_kubernetes_pod_labelpresent_${label}`,
          ],
          regex: `(${value});true`,
          action: 'keep',
        };
      }),
      ...selector.matchExpressions.map(({ key, operator }): RelabelRule => {
        if (operator !== 'Exists')
          throw new Error(`the operator ${operator} of a selector is not translated here`);
        return {
          source_labels: [`__meta_kubernetes_pod_labelpresent_${sanitised(key)}`],
          regex: 'true',
          action: 'keep',
        };
      }),
      { source_labels: ['__meta_kubernetes_pod_container_port_name'], regex: endpoint.port, action: 'keep' },
      { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { source_labels: ['__meta_kubernetes_pod_container_name'], target_label: 'container' },
      { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
      { target_label: 'job', replacement: name },
      { target_label: 'endpoint', replacement: endpoint.port },
      ...podMonitorRules(),
    ],
  };
}

export function podMonitor(): {
  readonly name: string;
  readonly spec: PodMonitorSpec;
  readonly endpoint: PodMetricsEndpoint;
} {
  const object = manifest('podmonitor.yaml', 'PodMonitor');
  const spec = object['spec'] as PodMonitorSpec;
  const [endpoint, second] = spec.podMetricsEndpoints;
  if (endpoint === undefined || second !== undefined) throw new Error('podmonitor.yaml has not one endpoint');
  const { name, namespace } = object.metadata as { readonly name: string; readonly namespace?: string };
  return { name: `${namespace}/${name}`, spec, endpoint };
}

const sanitised = (label: string): string => label.replaceAll(/[^A-Za-z0-9_]/gu, '_');
