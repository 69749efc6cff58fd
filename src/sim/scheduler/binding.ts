import { errorOfResponse } from '../../kube/errors.ts';
import { RESOURCES, resourcePath } from '../../kube/resource.ts';
import type { Transport } from '../../kube/transport.ts';
import type { Pod } from '../fleet/pod.ts';

/**
 * Binds a pod to a node, by the one request that only schedulers make. Errors: ApiError `notFound` where the pod
 * is gone, `conflict` where it has a node already.
 */
export async function bind(transport: Transport, pod: Pod, node: string): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  const response = await transport.send({
    method: 'POST',
    path: resourcePath(RESOURCES.pods, namespace, name, 'binding'),
    body: {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    },
  });
  if (response.status >= 400)
    throw await errorOfResponse(`bind pod ${namespace}/${name} to ${node}`, response);
}
