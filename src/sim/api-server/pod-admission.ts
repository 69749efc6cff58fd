import { parseQuantity } from '../../api/quantity.ts';
import { RESOURCES } from '../../kube/resource.ts';
import { forbidden } from './api-status.ts';
import { type ApiObject, recordOf, textOf } from './json.ts';
import type { ObjectStore } from './object-store.ts';

/** Errors: 403 for a pod whose service account does not exist. */
export function admitPod(pod: ApiObject, store: ObjectStore): void {
  const { name, namespace = '' } = pod.metadata;
  const account = textOf(pod.spec?.['serviceAccountName']) || 'default';
  if (store.find(RESOURCES.serviceAccounts, namespace, account)) return;
  const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
  throw forbidden(RESOURCES.pods, name, why);
}

/** Errors: 403 for a pod more than a quota of the namespace allows. */
export function chargeQuota(pod: ApiObject, store: ObjectStore): void {
  const { name, namespace = '' } = pod.metadata;
  for (const { object: quota } of store
    .collection(store.kindOf(RESOURCES.resourceQuotas))
    .list(namespace, () => true)) {
    const hard = recordOf(quota.spec?.['hard'])['pods'] ?? recordOf(quota.spec?.['hard'])['count/pods'];
    if (hard === undefined) continue;
    const used = podsInUse(store, namespace);
    const limit = parseQuantity(String(hard)) ?? 0;
    if (used + 1 <= limit) continue;
    const why = `exceeded quota: ${quota.metadata.name}, requested: pods=1, used: pods=${used}, limited: pods=${limit}`;
    throw forbidden(RESOURCES.pods, name, why);
  }
}

/** Pods that have ended take nothing any more. */
export function podsInUse(store: ObjectStore, namespace: string): number {
  return store.collection(store.kindOf(RESOURCES.pods)).list(namespace, isRunning).length;
}

function isRunning({ status = {} }: ApiObject): boolean {
  return status['phase'] !== 'Succeeded' && status['phase'] !== 'Failed';
}
