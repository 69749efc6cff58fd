import { GROUP } from '../api/names.ts';
import { isApiFailure } from './ports/api-failure.ts';
import type { SecretSource, SecretView } from './ports/secret-source.ts';

/** On a Secret: the one address that its values may be sent to. */
export const PROMETHEUS_ADDRESS = `${GROUP}/prometheus-address`;

/**
 * The credentials for a Prometheus. Whoever may write a rollout could otherwise have any Secret of the
 * namespace sent to an address of their choice; so its owner says on it where it may go.
 */
export async function prometheusSecret(
  secrets: SecretSource,
  namespace: string,
  name: string,
  address: string,
): Promise<Pick<SecretView, 'data'> | { readonly error: string }> {
  let secret: SecretView;
  try {
    secret = await secrets.read(namespace, name);
  } catch (error) {
    if (!isApiFailure(error)) throw error;
    return { error: refusal(error.code, namespace, name, error.serverMessage) };
  }
  const allowed = secret.annotations[PROMETHEUS_ADDRESS];
  if (allowed !== address) {
    return {
      error:
        `Secret ${namespace}/${name} ${allowed === undefined ? 'does not say where it may be sent' : `may be sent to ${allowed} only`}: ` +
        `annotate it with ${PROMETHEUS_ADDRESS}: ${address}`,
    };
  }
  return { data: secret.data };
}

function refusal(code: string, namespace: string, name: string, words: string): string {
  if (code === 'notFound')
    return `there is no Secret ${namespace}/${name}, which spec.prometheus.secretRef names`;
  if (code !== 'forbidden') return `Secret ${namespace}/${name} could not be read: ${words}`;
  return (
    `Outrigger may not read Secret ${namespace}/${name}. Name it in the chart's value prometheusSecrets, or bind this Role to the operator's service account: ` +
    `{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {namespace: ${namespace}, name: outrigger-${name}}, ` +
    `rules: [{apiGroups: [""], resources: [secrets], resourceNames: [${name}], verbs: [get]}]}`
  );
}
