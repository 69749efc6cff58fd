import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { type Resource, RESOURCES } from '../../kube/resource.ts';
import { LEASE_NAMESPACE, type Node } from './node.ts';
import { FLEET_LABEL } from './node-spec.ts';
import type { Pod } from './pod.ts';

/**
 * Deletes all simulated nodes of a cluster with their leases and pods, or those with more labels; the names of the
 * nodes.
 */
export async function removeFleet(client: KubeClient, labels?: string): Promise<readonly string[]> {
  const labelSelector = labels === undefined ? FLEET_LABEL : `${FLEET_LABEL},${labels}`;
  const nodes = await client.listAll<Node>(RESOURCES.nodes, { labelSelector });
  const names = nodes.map((node) => node.metadata.name);
  const pods = await client.listAll<Pod>(RESOURCES.pods);
  for (const { spec, metadata } of pods) {
    if (spec.nodeName === undefined || !names.includes(spec.nodeName)) continue;
    // Nobody is left who could stop them in good order.
    await remove(client, RESOURCES.pods, metadata.namespace, metadata.name, 0);
  }
  for (const name of names) {
    await remove(client, RESOURCES.nodes, undefined, name);
    await remove(client, RESOURCES.leases, LEASE_NAMESPACE, name);
  }
  return names;
}

async function remove(
  client: KubeClient,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  gracePeriodSeconds?: number,
): Promise<void> {
  try {
    await client.delete(
      resource,
      namespace,
      name,
      gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds },
    );
  } catch (error) {
    if (!isApiError(error, 'notFound')) throw error;
  }
}
