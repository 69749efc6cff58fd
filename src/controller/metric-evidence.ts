import { prometheusTiming } from '../api/prometheus-settings.ts';
import type { MetricNeed } from '../core/decision.ts';
import type { Evidence } from '../judge/evidence.ts';
import { metricQuery } from './metric-query.ts';
import type { MetricsConnection, MetricsSource } from './ports/metrics-source.ts';
import type { SecretSource } from './ports/secret-source.ts';
import { prometheusSecret } from './prometheus-secret.ts';

export interface EvidenceOptions {
  readonly metrics: MetricsSource;
  readonly secrets: SecretSource;
  /** Where a rollout names no Prometheus. */
  readonly defaultAddress: string | undefined;
}

/** Asks for the evidence of one metric. What goes wrong is evidence too, with the sentence that says what to do. */
export async function metricEvidence(options: EvidenceOptions, need: MetricNeed): Promise<Evidence> {
  const query = metricQuery(need.metric);
  if (query === undefined) {
    return unavailable(
      'QueryInvalid',
      `metric ${need.metric.name} is of a kind that is not asked of Prometheus`,
    );
  }
  const connection = await connectionOf(options, need, need.window.resolution);
  if (connection !== undefined && 'kind' in connection) return connection;
  return options.metrics.fetch({
    connection,
    query,
    window: need.window,
    groupBy: need.groupBy,
    keys: need.keys,
    nodes: need.nodes,
  });
}

/** How the rollout's Prometheus is reached; undefined where nobody named one. */
export async function connectionOf(
  { secrets, defaultAddress }: Pick<EvidenceOptions, 'secrets' | 'defaultAddress'>,
  { prometheus, namespace }: Pick<MetricNeed, 'prometheus' | 'namespace'>,
  resolution: number,
): Promise<MetricsConnection | undefined | Extract<Evidence, { kind: 'unavailable' }>> {
  const address = prometheus?.address ?? defaultAddress;
  if (address === undefined) return undefined;
  const found =
    prometheus?.secretRef === undefined
      ? { data: {} }
      : await prometheusSecret(secrets, namespace, prometheus.secretRef.name, address);
  if ('error' in found) return unavailable('CredentialsRefused', found.error);
  const { ca, serverName, insecureSkipVerify } = prometheus?.tls ?? {};
  return {
    address,
    headers: prometheus?.headers ?? {},
    matchLabels: prometheus?.matchLabels ?? {},
    timeout: prometheusTiming(prometheus, resolution).timeoutMs,
    secret: { ...(ca !== undefined && { 'ca.crt': ca }), ...found.data },
    tls: {
      ...(serverName !== undefined && { serverName }),
      ...(insecureSkipVerify !== undefined && { insecureSkipVerify }),
    },
  };
}

function unavailable(
  reason: Extract<Evidence, { kind: 'unavailable' }>['reason'],
  message: string,
): Extract<Evidence, { kind: 'unavailable' }> {
  return { kind: 'unavailable', reason, message };
}
